"""What the demo showed: as the file `summary.json`, and as tables for a person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from deploy.demo.cast import FOUNDERS, FOURTH
from deploy.demo.evaluation import SPLITS
from deploy.demo.patients import PATIENTS
from governance.benefits import statement
from governance.primitives import to_hex
from governance.vocabulary import Settlement

if TYPE_CHECKING:
    from rich.console import Console

    from deploy.demo.evaluation import Figures
    from deploy.demo.story import PatientWithdrawal, Told
    from governance.audit import Report
    from governance.benefits import RevenueStatement

SCHEMA = "swarm-charter/demo/1"
"""Names the form of `summary.json`."""

_ROLES = {role.site: role for role in (*FOUNDERS, FOURTH)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo showed.

    Attributes:
        told: How the story ended.
        figures: What the swarm is worth, means over the splits of the patients.
        report: What the audit found.
    """

    told: Told
    figures: Figures
    report: Report

    def as_json(self) -> dict[str, Any]:
        """The outcome as plain data."""
        told, figures, report = self.told, self.figures, self.report
        study = told.state.study(1)
        return {
            "schema": SCHEMA,
            "sites": [
                {
                    "site": site,
                    "hospital": _ROLES[site].name,
                    "patients": patients,
                    "auc_alone": figures.alone[site],
                    "auc_together": figures.together[site],
                }
                for site, patients in PATIENTS.items()
            ],
            "auc": {
                "local_mean": figures.local_mean,
                "swarm": figures.swarm,
                "central": figures.central,
                "ungoverned": figures.ungoverned,
                "governed": figures.governed,
            },
            "story": {
                "auc_swarm": told.swarm_auc,
                "auc_rogue_refused": told.rogue_auc,
                "updates_merged": told.accepted,
            },
            "refused": [
                {
                    "round": each.round,
                    "attempt": each.attempt,
                    "node": each.node,
                    "institution": each.institution,
                    "reason": each.reason.value,
                }
                for each in told.refused
            ],
            "checkpoints": [
                {
                    "sequence": final.sequence,
                    "round": final.round,
                    "digest": to_hex(final.digest),
                    "contributions": {
                        str(each.institution): each.rounds for each in final.contributions
                    },
                    "attested_by": [
                        each.institution
                        for each in study.checkpoints[final.checkpoint].attestations
                    ],
                }
                for final in study.finals
            ],
            "members": [
                {"number": each.number, "name": each.name} for each in told.state.swarm.members()
            ],
            "consents": [
                {"institution": number, "asked": asked, "permitting": permitting}
                for number, (asked, permitting) in sorted(told.consents.items())
            ],
            "patient_withdrawal": _withdrawal(told.patient_withdrawal),
            "benefits": [_revenue(each) for each in statement(told.state, 1).revenues],
            "history": {"length": report.length, "head": to_hex(report.head)},
            "findings": [finding.as_json() for finding in report.findings],
        }

    def to_json(self) -> str:
        """The contents of `summary.json`."""
        return json.dumps(self.as_json(), indent=2, allow_nan=False) + "\n"

    def show(self, console: Console) -> None:
        """Prints what the swarm is worth, and what it cost to leave the gate open."""
        console.print()
        console.print(self._models())
        console.print(self._hospitals())
        alone, together = self.figures.alone, self.figures.together
        weak, strong = "VA Long Beach", "Cleveland"
        console.print(
            "Plainly: the swarm matches central training, which no hospital would hand its "
            f"patients over for.\nIt helps the weak sites ({weak} {alone[weak]:.3f} -> "
            f"{together[weak]:.3f}) and hardly the strong ones ({strong} {alone[strong]:.3f} -> "
            f"{together[strong]:.3f}).",
            highlight=False,
        )
        console.print(
            "Data: UCI Heart Disease (CC BY 4.0), collected at the Cleveland Clinic Foundation; "
            "the Hungarian\nInstitute of Cardiology, Budapest; the University Hospitals of Zurich "
            "and Basel; and the V.A.\nMedical Center, Long Beach. None of them takes part in this "
            "demo. Names, dates of birth and consents of patients are invented.",
            style="dim",
            highlight=False,
        )

    def _models(self) -> Table:
        figures = self.figures
        table = Table(title=f"AUC on the pooled test patients, means over {len(SPLITS)} splits")
        table.add_column("model")
        table.add_column("AUC", justify="right")
        for name, value in (
            ("local: each hospital alone, mean", figures.local_mean),
            ("swarm", figures.swarm),
            ("central: all patients in one place", figures.central),
            ("rogue merged: without the gate", figures.ungoverned),
            ("rogue refused: with the gate", figures.governed),
        ):
            table.add_row(name, f"{value:.3f}")
        return table

    def _hospitals(self) -> Table:
        table = Table(title="AUC on each site's own test patients")
        table.add_column("site")
        for heading in ("patients", "alone", "swarm"):
            table.add_column(heading, justify="right")
        for site, patients in PATIENTS.items():
            alone, together = self.figures.alone[site], self.figures.together[site]
            table.add_row(site, str(patients), f"{alone:.3f}", f"{together:.3f}")
        return table


def _withdrawal(told: PatientWithdrawal) -> dict[str, Any]:
    times = zip(("before", "after"), told.roots, told.permits, told.records, strict=True)
    return {"institution": told.institution, "round": told.before} | {
        time: {"root": to_hex(root), "permits": permits, "records": records}
        for time, root, permits, records in times
    }


def _revenue(told: RevenueStatement) -> dict[str, Any]:
    return {
        "revenue": told.revenue.number,
        "currency": told.revenue.currency,
        "amount": told.revenue.amount,
        "confirmed": told.amount(Settlement.CONFIRMED),
        "shares": [
            {
                "part": entry.owed.line.part.name.lower(),
                "institution": entry.owed.institution,
                "account": entry.owed.account,
                "amount": entry.owed.amount,
                "settlement": entry.settlement.name.lower(),
            }
            for entry in told.entries
        ],
    }
