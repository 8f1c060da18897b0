"""What trains at a site: the demo's logistic regression on one hospital's patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nvflare.apis.dxo import DXO, DataKind, MetaKey, from_shareable
from nvflare.apis.executor import Executor
from nvflare.app_common.np.constants import NPConstants

from deploy.demo.model import LOCAL_STEPS, local_update
from examples.eligible import training_data

if TYPE_CHECKING:
    from nvflare.apis.fl_context import FLContext
    from nvflare.apis.shareable import Shareable
    from nvflare.apis.signal import Signal


class HeartTrainer(Executor):
    """Trains the model it is given on the patients of its site who permit it."""

    def __init__(self, node: str, patients: dict[str, str], factors: dict[str, float]) -> None:
        """Names whose patients train where.

        Args:
            node: Path of the sites' settings, `{site}` in it for the site's name.
            patients: By the site's name in NVFlare, its name in the data.
            factors: By the site's name in NVFlare, what it multiplies its update with if not 1.
        """
        super().__init__()
        self.node = node
        self.patients = patients
        self.factors = factors

    def execute(
        self, task_name: str, shareable: Shareable, fl_ctx: FLContext, abort_signal: Signal
    ) -> Shareable:
        """Trains for a round."""
        name = fl_ctx.get_identity_name()
        weights = from_shareable(shareable).data[NPConstants.NUMPY_KEY]
        settings = Path(self.node.replace("{site}", name))
        features, disease = training_data(self.patients[name], settings)
        factor = self.factors.get(name, 1.0)
        own = weights + factor * local_update(weights, features, disease, LOCAL_STEPS)
        meta = {MetaKey.NUM_STEPS_CURRENT_ROUND: len(disease)}
        return DXO(DataKind.WEIGHTS, data={NPConstants.NUMPY_KEY: own}, meta=meta).to_shareable()
