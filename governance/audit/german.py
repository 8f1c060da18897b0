"""The catalogue of findings in German, and a finding told in it; facts and ids stay the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance.audit.catalogue import CATALOGUE, FindingKind

if TYPE_CHECKING:
    from governance.audit.findings import Finding


class Told(NamedTuple):
    """A finding in words: where it was found, what, what that means, and what to ask next."""

    subject: str
    detail: str
    meaning: str
    ask_next: str


def told_in_german(finding: Finding) -> Told:
    """A finding in German."""
    kind = GERMAN[finding.id]
    facts = {name: _word(value) for name, value in finding.facts.items()}
    return Told(
        kind.where.format_map(facts), kind.detail.format_map(facts), kind.meaning, kind.ask_next
    )


def _word(value: str | int) -> str | int:
    """A fact's word; digests, addresses, codes and names are the same in every language."""
    if isinstance(value, int) or value in _WORDS:
        return _WORDS.get(str(value), value)
    first, _, rest = value.partition(" ")
    return f"{_WORDS[first]} {rest}" if rest and first in _WORDS else value


_WORDS: Final = {
    "Own": "Eigener Anteil",
    "Patients": "Anteil der Patienten",
    "Named": "Anteil nach den Bedingungen",
    "Remainder": "Rundungsrest",
    "institution": "Institution",
    "payee": "Empfänger",
    "start": "starten",
    "amend": "ändern",
    "close": "beenden",
    "pending": "noch nicht offen",
    "active": "noch offen",
    "defeated": "abgelehnt",
    "expired": "verfallen",
    "canceled": "zurückgezogen",
    "hospital": "Krankenhaus",
    "institute": "Institut",
    "data-trustee": "Datentreuhänder",
    "company": "Unternehmen",
    "public": "öffentlich",
    "private": "privat",
}

_SWARM = "Schwarm"
_HEAD = "Verlauf bei Länge {length}"
_STUDY = "Studie {study}"
_ROUND = "Studie {study}, Runde {round}"
_TERMS = "Studie {study}, Fassung {version} der Bedingungen"
_REVENUE = "Studie {study}, Erlös {revenue}"
_LOG = "Nachweisprotokoll {log}, Zeile {line}"


def _kind(id_: str, where: str, detail: str, meaning: str, ask_next: str) -> FindingKind:
    return FindingKind(CATALOGUE[id_].severity, meaning, ask_next, where, detail)


_NO_USE = "das Modell ist nicht zu verwenden."

GERMAN: Final[dict[str, FindingKind]] = {
    id_: _kind(id_, *words)
    for id_, words in {
        # --- who may contribute, publish and attest -----------------------------------------------
        "contribution-unauthorised": (
            _ROUND,
            "Institution {institution} ist als beitragend genannt und war nicht berechtigt "
            "({reason}).",
            "Ein Modellstand nennt einen Beitragenden, der bei der Veröffentlichung nicht "
            "berechtigt war.",
            "Verlangen Sie vom Veröffentlichenden das Protokoll der Runde und die Umschläge; "
            + _NO_USE,
        ),
        "contribution-after-withdrawal": (
            _ROUND,
            "Institution {institution} ist als beitragend genannt und hatte sich zurückgezogen.",
            "Ein Modellstand nennt einen Beitragenden, der sich aus der Studie zurückgezogen "
            "hatte.",
            "Fragen Sie den Veröffentlichenden, wie der Beitrag hineinkam, und den Beitragenden, "
            "ob er einen gesandt hat; " + _NO_USE,
        ),
        "contribution-consent-stale": (
            _ROUND,
            "Institution {institution} ist als beitragend genannt; ihre Festlegung auf "
            "Einwilligungen war {age} Sekunden alt, und die Bedingungen erlauben {allowed}.",
            "Ein Modellstand nennt einen Beitragenden, dessen Festlegung auf Einwilligungen älter "
            "war, als die Bedingungen erlauben.",
            "Fragen Sie den Beitragenden, welche Einwilligungen noch galten; bis dahin ist das "
            "Modell nicht zu verwenden.",
        ),
        "contribution-terms-unsigned": (
            _ROUND,
            "Institution {institution} ist unter Fassung {version} als beitragend genannt; zuletzt "
            "unterzeichnet hat sie Fassung {signed}.",
            "Ein Modellstand nennt einen Beitragenden, der die Bedingungen, unter denen er "
            "entstand, nicht unterzeichnet hatte.",
            "Fragen Sie den Beitragenden, welcher Fassung er zugestimmt hat, und den "
            "Veröffentlichenden, warum er zugelassen wurde.",
        ),
        "publisher-unauthorised": (
            _ROUND,
            "Der veröffentlichende Knoten {node} der Institution {institution} war nicht "
            "berechtigt ({reason}).",
            "Ein Modellstand kam von einem Knoten, der bei der Veröffentlichung nicht berechtigt "
            "war.",
            "Fragen Sie die Institution, auf welchem Rechner der Schlüssel liegt, und lassen Sie "
            "ihn widerrufen.",
        ),
        "attestation-unauthorised": (
            _ROUND,
            "Der bestätigende Knoten {node} der Institution {institution} war nicht berechtigt "
            "({reason}).",
            "Einen Modellstand hat ein Knoten bestätigt, der dazu nicht berechtigt war.",
            "Fragen Sie die Institution, auf welchem Rechner der Schlüssel liegt; zählen Sie die "
            "Bestätigungen ohne diese.",
        ),
        "node-used-after-revocation": (
            _ROUND,
            "Der Knoten {node} der Institution {institution} wurde benutzt; er war widerrufen.",
            "Ein Knotenschlüssel hat veröffentlicht oder bestätigt, nachdem seine Institution ihn "
            "widerrufen hatte.",
            "Fragen Sie die Institution, in wessen Hand der Schlüssel ist; was er seither "
            "unterschrieben hat, verdient kein Vertrauen.",
        ),
        "training-after-expiry": (
            _ROUND,
            "Der Knoten {node} der Institution {institution} handelte {late} Sekunden nach Ablauf "
            "der Bedingungen.",
            "Eine Studie ging weiter, nachdem ihre Bedingungen abgelaufen waren.",
            "Fragen Sie die Unterzeichner, worauf die Nutzung der Daten ihrer Patienten beruhte; "
            + _NO_USE,
        ),
        # --- checkpoints --------------------------------------------------------------------------
        "checkpoint-too-few-contributors": (
            _ROUND,
            "Er hat {contributors} Beitragende; die Bedingungen verlangen {needed}.",
            "Ein Modellstand hat weniger Beitragende, als die Bedingungen verlangen.",
            "Verlangen Sie vom Veröffentlichenden das Protokoll der Runde; was wenige beigetragen "
            "haben, kann etwas über ihre Patienten verraten.",
        ),
        "checkpoint-beyond-terms": (
            _ROUND,
            "Die Bedingungen enden mit Runde {last}.",
            "Ein Modellstand gehört zu einer Runde nach der letzten, die die Bedingungen erlauben.",
            "Fragen Sie die Unterzeichner, ob sie weiteren Runden zugestimmt haben; " + _NO_USE,
        ),
        "checkpoint-malformed": (
            _ROUND,
            "Ihm fehlt der Fingerabdruck des Modells, der Umschläge oder des Protokolls.",
            "Einem Modellstand fehlt ein Fingerabdruck, ohne den sein Vertrag ihn nicht angenommen "
            "hätte.",
            "Verlangen Sie vom Veröffentlichenden das Paket des Modellstands, und fragen Sie, wie "
            "er in den Verlauf kam.",
        ),
        "contribution-overstated": (
            _ROUND,
            "Institution {institution} ist mit {listed} Runden genannt; er umfasst {covered}.",
            "Ein Modellstand schreibt einer Institution Runden gut, die er nicht umfasst.",
            "Verlangen Sie vom Veröffentlichenden das Protokoll der Runde; Anteile an Erlösen sind "
            "nachzurechnen.",
        ),
        "checkpoint-without-quorum": (
            _ROUND,
            "{attested} Unterzeichner haben ihn auf der verlangten Stufe bestätigt; die "
            "Bedingungen verlangen {needed}.",
            "Ein Modellstand wurde endgültig, ohne dass genügend Unterzeichner ihn bestätigt "
            "hatten.",
            "Fragen Sie jeden Unterzeichner, welche Modellstände seine Knoten bestätigt haben; "
            + _NO_USE,
        ),
        "lineage-broken": (
            _ROUND,
            "Er ist {named} genannt; was er sagt, hat den Fingerabdruck {own}.",
            "Die Kennung eines Modellstands ist nicht der Fingerabdruck dessen, was er sagt; so "
            "bindet ihn nichts an seinen Vorgänger.",
            "Verlangen Sie vom Veröffentlichenden das Paket des Modellstands; weder dieses noch "
            "spätere Modelle sind zu verwenden.",
        ),
        "equivocation": (
            _ROUND,
            "Institution {institution} veröffentlichte {first} und, durch den Knoten {node}, "
            "{second}.",
            "Eine Institution hat für eine Runde zwei verschiedene Modellstände veröffentlicht.",
            "Fragen Sie die Institution, welcher richtig ist, und ob die Schlüssel ihrer Knoten "
            "noch in ihrer Hand sind.",
        ),
        # --- terms, signatures, consent -----------------------------------------------------------
        "terms-mismatch": (
            _TERMS,
            "Die Prüfung meldet: {what}",
            "Was der Vertrag einer Studie durchsetzt, ist nicht, was ihre Bedingungen sagen.",
            "Fragen Sie die Unterzeichner, welches von beiden gemeint war; die Unterzeichnung "
            "hätte verweigert werden müssen.",
        ),
        "prohibition-missing": (
            _TERMS,
            "Sie verbieten nicht: {uses}.",
            "Bedingungen verschweigen eine Nutzung, die die geltende Charta verbietet.",
            "Bitten Sie die Unterzeichner, die Bedingungen zu ändern, und fragen Sie, wer sie vor "
            "der Unterzeichnung geprüft hat.",
        ),
        "terms-unagreed": (
            _TERMS,
            "{signed} Mitglieder hatten sie unterzeichnet, {standing} von {signatories} bisherigen "
            "Unterzeichnern; nötig sind {needed} und mehr als die Hälfte der bisherigen.",
            "Bedingungen traten in Kraft, die zu wenige Institutionen unterzeichnet hatten.",
            "Fragen Sie die bisherigen Unterzeichner, ob sie davon wussten; es mögen noch die "
            "alten Bedingungen gelten.",
        ),
        "action-unapproved": (
            _STUDY,
            "Diesem Schritt ({action}) hatten {approved} von {signatories} Unterzeichnern "
            "zugestimmt, darunter nicht, wer die Studie eröffnet hat.",
            "Eine Studie wurde ohne die gestartet, geändert oder beendet, die das dürfen.",
            "Fragen Sie, wer die Studie eröffnet und wer unterzeichnet hat, von wem und mit "
            "welchem Konto es geschah.",
        ),
        "study-started-early": (
            _STUDY,
            "Sie hatte {signatories} Unterzeichner; die Bedingungen verlangen {needed}.",
            "Eine Studie begann mit weniger Unterzeichnern, als ihre Bedingungen verlangen.",
            "Fragen Sie, wer sie eröffnet hat, nach dem Grund; was trainiert wurde, bis es "
            "genügend waren, beruht auf zu wenigen.",
        ),
        "signatory-ineligible": (
            _TERMS,
            "Institution {institution} unterzeichnete: {kind}, {sector}, {country}.",
            "Eine Institution unterzeichnete Bedingungen, die ihre Art, ihren Träger oder ihr Land "
            "nicht zulassen.",
            "Fragen Sie die Unterzeichner, ob sie die Institution dabeihaben wollten; dann ändern "
            "sie die Bedingungen.",
        ),
        "readiness-missing": (
            _TERMS,
            "Institution {institution} unterzeichnete ohne den Fingerabdruck einer Erklärung.",
            "Eine Institution unterzeichnete ohne die Erklärung, dass ihre Daten den Bedingungen "
            "genügen.",
            "Verlangen Sie von der Institution ihre Erklärung und die Befunde dahinter.",
        ),
        "consent-missing": (
            _TERMS,
            "Institution {institution} unterzeichnete ohne Festlegung auf Einwilligungen.",
            "Eine Institution unterzeichnete ohne die Festlegung auf Einwilligungen, die die "
            "Bedingungen verlangen.",
            "Fragen Sie die Institution, auf wessen Einwilligung ihre Beiträge beruhen.",
        ),
        "consent-stale": (
            _STUDY,
            "Die Festlegung der Institution {institution} auf ihre Einwilligungen ist {age} "
            "Sekunden alt; die Bedingungen erlauben {allowed}.",
            "Die Festlegung eines Unterzeichners auf seine Einwilligungen ist älter, als die "
            "Bedingungen erlauben; seine Knoten werden zurückgewiesen.",
            "Fragen Sie die Institution, ob sie noch teilnimmt, und bitten Sie sie, ihre "
            "Festlegung zu erneuern.",
        ),
        # --- revenue and shares -------------------------------------------------------------------
        "revenue-unentitled": (
            _REVENUE,
            "Institution {institution} ist kein Mitglied, oder sie hat weder unterzeichnet noch "
            "die Studie eröffnet.",
            "Einen Erlös meldete eine Institution, die das nicht darf.",
            "Fragen Sie die Institution, was sie von wem erhalten hat, und wer die Studie eröffnet "
            "hat, ob das bekannt war.",
        ),
        "share-unpaid": (
            _REVENUE,
            "{part}, {to}: {amount} kleinste Einheiten von {currency}.",
            "Ein Anteil an einem Erlös ist geschuldet und noch nicht bezahlt.",
            "Fragen Sie die Institution, die den Erlös gemeldet hat, wann sie bezahlt.",
        ),
        "share-late": (
            _REVENUE,
            "{part}, {to}: {amount} kleinste Einheiten von {currency}, seit {days} Tagen.",
            "Ein Anteil an einem Erlös ist 90 Tage nach der Meldung noch nicht bezahlt.",
            "Fragen Sie die Institution, die den Erlös gemeldet hat, wo das Geld ist.",
        ),
        "share-unconfirmed": (
            _REVENUE,
            "{part}, {to}: {amount} kleinste Einheiten von {currency}.",
            "Ein Anteil ist als bezahlt vermerkt, und der Empfänger hat das nicht bestätigt.",
            "Fragen Sie den Empfänger, ob das Geld angekommen ist.",
        ),
        "share-wrong": (
            _REVENUE,
            "{part}, Empfänger {receiver}: bezahlt wurden {paid} kleinste Einheiten; geschuldet "
            "sind {amount}.",
            "Eine Zahlung ist vermerkt, die nicht der geschuldete Anteil ist.",
            "Verlangen Sie von der zahlenden Institution den Zahlungsbeleg, und rechnen Sie den "
            "Anteil nach.",
        ),
        "expelled-with-open-shares": (
            _REVENUE,
            "Institution {institution} wurde ausgeschlossen; {amount} kleinste Einheiten von "
            "{currency} sind offen.",
            "Eine Institution wurde ausgeschlossen, und was sie vorher verdient hat, ist ihr noch "
            "geschuldet.",
            "Bitten Sie die Institution, die den Erlös gemeldet hat, zu bezahlen; ein Ausschluss "
            "nimmt keinen Anteil.",
        ),
        # --- the swarm ----------------------------------------------------------------------------
        "founders-foreign": (
            _SWARM,
            "Gegründet von {founded}; die Vertrauensdatei nennt {trusted}.",
            "Den Verlauf haben andere begründet, als die Vertrauensdatei nennt.",
            "Fragen Sie die Gründer auf anderem Weg nach der Vertrauensdatei und der Adresse von "
            "History.",
        ),
        "proposal-unsupported": (
            "Vorschlag {proposal}",
            "Er war bei der Ausführung {state}: {in_favour} dafür, {against} dagegen, {abstain} "
            "enthalten, von {eligible} Stimmberechtigten.",
            "Ein Vorschlag wurde ausgeführt, der nicht angenommen war.",
            "Fragen Sie die Mitglieder, wie sie gestimmt haben; was er bewirkt hat, ist ohne "
            "Grund.",
        ),
        "act-undecided": (
            _SWARM,
            "{act} in Block {block}.",
            "Es geschah etwas, das die Mitglieder beschließen müssen, und kein ausgeführter "
            "Vorschlag sagt es.",
            "Fragen Sie die Mitglieder, ob sie es beschlossen haben, und wie es in den Verlauf "
            "kam.",
        ),
        # --- countersignatures --------------------------------------------------------------------
        "head-rewritten": (
            _HEAD,
            "Institution {institution} hat {heads} gegengezeichnet.",
            "Ein Mitglied hat für dieselbe Länge zwei verschiedene Verläufe gegengezeichnet: einer "
            "wurde umgeschrieben.",
            "Verlangen Sie vom Mitglied beide Verläufe, und fragen Sie die anderen, welchen sie "
            "haben; was danach kommt, verdient bis zur Klärung kein Vertrauen.",
        ),
        "head-contradicted": (
            _HEAD,
            "Institution {institution} hat {signed} gegengezeichnet; dieser Verlauf hat dort "
            "{own}.",
            "Ein Mitglied hat einen Verlauf gegengezeichnet, der von diesem abweicht.",
            "Verlangen Sie vom Mitglied seine Abschrift des Verlaufs; einer von beiden wurde "
            "umgeschrieben.",
        ),
        "head-beyond": (
            _HEAD,
            "Institution {institution} hat {signed} gegengezeichnet; dieser Verlauf endet bei "
            "Länge {end}.",
            "Ein Mitglied hat einen längeren Verlauf gegengezeichnet als diesen.",
            "Verlangen Sie, was später kam: dieser Verlauf ist älter, oder sein Ende wurde "
            "abgeschnitten.",
        ),
        # --- evidence logs ------------------------------------------------------------------------
        "evidence-contradicts": (
            _LOG,
            "Der Umschlag des Knotens {node} für Runde {round} der Studie {study}: das Protokoll "
            "sagt {said}, der Verlauf bei Länge {length} ergibt {own}.",
            "Das Nachweisprotokoll eines Prüftors sagt, was dieses auf diesem Verlauf nicht "
            "entschieden haben kann.",
            "Verlangen Sie von der Institution des Protokolls Programm und Protokoll ihres "
            "Prüftors; eines von beiden wurde verändert.",
        ),
        "evidence-foreign": (
            _LOG,
            "Es beruht auf {said} bei Länge {length}; dieser Verlauf hat dort {own}.",
            "Das Nachweisprotokoll eines Prüftors beruht auf einem anderen Verlauf als diesem.",
            "Verlangen Sie von der Institution des Protokolls ihre Abschrift des Verlaufs; einer "
            "von beiden wurde umgeschrieben.",
        ),
        "evidence-beyond": (
            _LOG,
            "{decisions} Entscheidungen beruhen auf bis zu {length} Ereignissen; dieser Verlauf "
            "endet bei {end}.",
            "Das Nachweisprotokoll eines Prüftors beruht auf einem längeren Verlauf als diesem.",
            "Verlangen Sie, was später kam; die Entscheidungen jenseits des Endes ließen sich "
            "nicht wiederholen.",
        ),
        "gates-disagree": (
            _ROUND,
            "Der Umschlag {envelope} des Knotens {node}: {accepting} nahm ihn an, {refusing} wies "
            "ihn zurück ({reason}).",
            "Ein Prüftor nahm einen Umschlag an, den ein anderes zurückwies, und der Verlauf sagt "
            "nicht, warum.",
            "Verlangen Sie von beiden Institutionen die Protokolle der Runde, und fragen Sie, wie "
            "jede sie eröffnet hat.",
        ),
        "envelope-equivocation": (
            _ROUND,
            "Der Knoten {node} der Institution {institution} unterschrieb {first} und {second} für "
            "Versuch {attempt}.",
            "Ein Knoten unterschrieb zwei verschiedene Beiträge für denselben Versuch einer Runde.",
            "Fragen Sie seine Institution, welcher richtig ist, und ob der Schlüssel noch in ihrer "
            "Hand ist.",
        ),
        "update-copied": (
            _ROUND,
            "Die Institutionen {several} kündigten {update} an.",
            "Zwei Institutionen kündigten für eine Runde genau denselben Beitrag an.",
            "Fragen Sie beide, wie sie trainiert haben; eine mag weitergesandt haben, was die "
            "andere gemacht hat.",
        ),
        "contribution-unlisted": (
            _ROUND,
            "Beiträge der Institution {institution} wurden in {accepted} Runden angenommen; der "
            "Modellstand nennt {listed}.",
            "Prüftore nahmen mehr Beiträge einer Institution an, als der Modellstand ihr "
            "gutschreibt.",
            "Verlangen Sie vom Veröffentlichenden das Protokoll der Runde: welche Beiträge wurden "
            "weggelassen, und warum?",
        ),
        "contribution-unwitnessed": (
            _ROUND,
            "Institution {institution} ist mit {listed} Runden genannt; die vorgelegten Protokolle "
            "zeigen {accepted} und sagen nichts über {unheard}.",
            "Ein Modellstand schreibt einer Institution mehr Runden gut, als die Protokolle der "
            "Prüftore zeigen.",
            "Verlangen Sie vom Veröffentlichenden sein Nachweisprotokoll und von der Institution "
            "ihre Umschläge.",
        ),
    }.items()
}
"""What `CATALOGUE` says, in German."""
