"""What may be asked of a gate from outside its process, as JSON; `server` carries it.

`docs/gate.openapi.yaml` describes every request and answer.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance.checkpoints.envelope import SignedEnvelope
from governance.errors import CharterError
from governance.gate.rules import OpenRound, in_round, of_view
from governance.primitives import FieldRepeated, each_once, from_hex, to_hex
from governance.telling import teller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance.gate.gate import Gate
    from governance.gate.view import View

LARGEST_REQUEST: Final = 16_384
"""More bytes than any request takes."""

logger = teller(__name__)

_DIGEST_BYTES: Final = 32
_LARGEST_UINT32: Final = 2**32 - 1
_REMEDY: Final = "Ask as docs/gate.openapi.yaml says."


class RequestRefused(CharterError):
    """The server does not take up a request; `http_status` tells how HTTP names it."""

    http_status = 400


class RequestInvalid(RequestRefused):
    """A request is not what the description says."""

    code = "RequestInvalid"

    def __init__(self, reason: str, http_status: int = 400) -> None:
        super().__init__(f"The request cannot be understood: {reason}.", _REMEDY)
        self.http_status = http_status


class PathUnknown(RequestRefused):
    """Nothing is to be had at this path."""

    code = "PathUnknown"
    http_status = 404

    def __init__(self) -> None:
        super().__init__("The gate offers nothing at this path.", _REMEDY)


class MethodUnknown(RequestRefused):
    """The path is known, and not by this method."""

    code = "MethodUnknown"
    http_status = 405

    def __init__(self) -> None:
        super().__init__("The gate offers nothing at this path by this method.", _REMEDY)


class RequestFailed(RequestRefused):
    """The server itself fails; nothing was decided."""

    code = "RequestFailed"
    http_status = 500

    def __init__(self) -> None:
        super().__init__(
            "The gate could not answer, and nothing is to be merged.",
            "Look into the log of the gate, and report what stands there.",
        )


class Answer(NamedTuple):
    """What a request is answered: HTTP's status, and plain data."""

    status: int
    body: Mapping[str, Any]


class Service:
    """A gate's decisions for callers that speak JSON. Threads may share it."""

    def __init__(self, gate: Gate, view: View) -> None:
        """Offers a gate.

        Args:
            gate: Decides.
            view: What it looks at, for telling how it stands.
        """
        self._gate = gate
        self._view = view
        self._routes: dict[str, dict[str, Callable[[bytes], Mapping[str, Any]]]] = {
            "/v1/status": {"GET": self._status},
            "/v1/round": {"PUT": self._open, "DELETE": self._close},
            "/v1/check": {"POST": self._check},
        }

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """The answer to a request; never raises for anything in it.

        Args:
            method: HTTP's.
            path: As it was asked for.
            body: At most `LARGEST_REQUEST` bytes.
        """
        try:
            methods = self._routes.get(path)
            if methods is None:
                raise PathUnknown
            if method not in methods:
                raise MethodUnknown
            return Answer(200, methods[method](body))
        except CharterError as error:
            return refusal(error)
        except Exception:
            logger.exception("a request could not be answered")
            return refusal(RequestFailed())

    def _status(self, body: bytes) -> dict[str, Any]:
        _require_empty(body)
        look, max_age = self._view.look(), self._gate.view_max_age
        reason = of_view(look, max_age)
        fault = look.fault
        return {
            "chainId": look.chain_id,
            "study": self._gate.study,
            "round": _round(self._gate.round),
            "refuses": reason.value if reason else None,
            "view": {
                "length": look.state.length,
                "head": to_hex(look.head),
                "blockTime": look.time,
                "age": _seconds(look.age),
                "idle": _seconds(look.idle),
                "maxAge": max_age,
            },
            "fault": fault
            and {
                "reason": fault.reason.value,
                "atOnce": fault.at_once,
                "message": fault.message,
                "remedy": fault.remedy,
            },
        }

    def _open(self, body: bytes) -> dict[str, Any]:
        asked = _object(body, required={"round"}, optional={"attempt", "parent"})
        parent = asked.get("parent")
        if parent is not None:
            parent = _digest(asked, "parent")
        number, attempt = _number(asked, "round"), _number({"attempt": 1} | asked, "attempt")
        self._gate.open_round(number, attempt, parent)
        return {"round": _round(OpenRound(number, attempt, parent))}

    def _close(self, body: bytes) -> dict[str, Any]:
        _require_empty(body)
        self._gate.close_round()
        return {"round": None}

    def _check(self, body: bytes) -> dict[str, Any]:
        asked = _object(body, required={"envelope", "update"})
        signed = SignedEnvelope.from_json(asked["envelope"])
        update = _digest(asked, "update")
        decision = self._gate.check(signed, update)
        decision = in_round(decision, signed.envelope, self._gate.round)
        return {**decision.as_json(), "repeated": decision.repeated}


def refusal(error: CharterError) -> Answer:
    """The answer that tells of an error."""
    status = error.http_status if isinstance(error, RequestRefused) else 400
    told = {"code": error.code, "message": error.message, "remedy": error.remedy}
    return Answer(status, {"error": told})


def _round(current: OpenRound | None) -> dict[str, Any] | None:
    if current is None:
        return None
    parent = None if current.parent is None else to_hex(current.parent)
    return {"round": current.number, "attempt": current.attempt, "parent": parent}


def _seconds(value: float) -> float | None:
    """Seconds as JSON carries them; nothing for what is infinite."""
    return round(value, 3) if math.isfinite(value) else None


def _require_empty(body: bytes) -> None:
    if body.strip() not in {b"", b"{}"}:
        raise RequestInvalid("it takes nothing, and something came")


def _object(
    body: bytes, *, required: set[str], optional: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    try:
        asked = json.loads(body, object_pairs_hook=each_once, parse_constant=_no_number)
    except FieldRepeated:
        raise RequestInvalid("it names a field twice") from None
    except (ValueError, RecursionError):
        raise RequestInvalid("it is not JSON") from None
    if not isinstance(asked, dict):
        raise RequestInvalid("it is no JSON object")
    for name in sorted(required - asked.keys()):
        raise RequestInvalid(f"it lacks {name}")
    for name in sorted(asked.keys() - required - optional):
        raise RequestInvalid(f"it has a field that is unknown, {name!r}")
    return asked


def _no_number(text: str) -> None:
    raise RequestInvalid(f"{text} is no JSON")


def _number(asked: Mapping[str, Any], name: str) -> int:
    value = asked[name]
    if type(value) is not int or not 1 <= value <= _LARGEST_UINT32:
        raise RequestInvalid(f"its {name} is no whole number from 1 to {_LARGEST_UINT32}")
    return value


def _digest(asked: Mapping[str, Any], name: str) -> bytes:
    value = asked[name]
    if not isinstance(value, str):
        raise RequestInvalid(f"its {name} is not text")
    return from_hex(value, _DIGEST_BYTES, name)
