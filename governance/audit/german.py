"""The catalogue of findings in German; ids and the names of facts stay the same."""

from __future__ import annotations

from typing import Final

from governance.audit.catalogue import CATALOGUE, FindingKind

REASONS: Final = {
    "HistoryRewound": "die Blockchain ging zurück oder zeigte einen anderen Verlauf",
    "HistoryHeadMismatch": "die Ereignisse passten nicht zum Endwert der Blockchain",
    "HistoryMalformed": "ein Ereignis war nicht so, wie sein Smart Contract es schreibt",
    "HistoryInconsistent": "ein Ereignis widersprach den früheren",
    "BlockNotSealed": "einem Block fehlten Siegel",
    "HeaderInvalid": "ein Blockkopf war ungültig",
    "StateNotProven": "für den Zustand der Blockchain fehlte der Nachweis",
    "EndpointsDisagree": "Endpunkte berichteten verschiedene Verläufe",
    "EndpointContradicted": "ein Endpunkt widersprach Bekanntem",
    "ChainForeign": "der Endpunkt gehörte zu einer anderen Blockchain",
    "HouseMissing": "die Smart Contracts des Schwarms fehlten",
    "RefreshFailed": "die Sicht ließ sich nicht erneuern",
    "ChainUnreachable": "die Blockchain war nicht erreichbar",
    "ChainLoginRefused": "der Endpunkt verweigerte die Anmeldung",
    "CertificateRefused": "das Zertifikat des Endpunkts wurde nicht anerkannt",
    "ChainAnswerInvalid": "die Antwort des Endpunkts war ungültig",
    "ChainRequestFailed": "eine Anfrage an die Blockchain scheiterte",
    "EndpointsBehind": "die Endpunkte waren im Rückstand",
    "StaleView": "die Sicht des Prüftors war zu alt",
    "ChainFrozen": "die Blockchain bildete keine Blöcke",
    "ForeignChain": "der Beitrag galt einer anderen Blockchain",
    "ForeignStudy": "der Beitrag galt einer anderen Studie",
    "SignatureInvalid": "die Unterschrift war ungültig",
    "WrongRound": "der Beitrag galt einer anderen Runde",
    "AheadOfView": "der Beitrag wusste mehr als das Prüftor",
    "NodeUnknown": "niemand hatte den Knoten angemeldet",
    "Equivocation": "der Knoten hatte für diese Runde schon einen anderen Beitrag gesandt",
    "NodeRevoked": "der Knoten war widerrufen",
    "NotMember": "die Institution war kein Mitglied",
    "NotSigned": "die Institution hatte nicht unterzeichnet",
    "Withdrawn": "die Institution hatte sich zurückgezogen",
    "TermsNotSigned": "die Institution hatte diese Bedingungen nicht unterzeichnet",
    "NotStarted": "das Training hatte nicht begonnen",
    "Closed": "die Studie war beendet",
    "Expired": "die Bedingungen waren abgelaufen",
    "ConsentStale": "die Festlegung auf Einwilligungen war zu alt",
    "TermsMismatch": "der Smart Contract setzte anderes durch, als die Bedingungen sagen",
    "WrongVersion": "der Beitrag entstand unter einer anderen Fassung der Bedingungen",
    "WrongParent": "der Beitrag beruhte auf einem anderen Modell",
    "RecordsForbidden": "der Beitrag nannte eine Zahl von Datensätzen, die nach den "
    "Bedingungen geheim bleibt",
    "RecordsMissing": "der Beitrag nannte die Zahl der Datensätze nicht",
    "DeadlineOver": "der Beitrag kam zu spät",
    "UpdateMismatch": "der Beitrag war nicht der unterschriebene",
    "Unknown": "das Prüftor selbst versagte",
}
"""What each reason for which a gate refuses an update means."""

WORDS: Final = {
    **REASONS,
    "Authorised": "zulässig",
    "another envelope than the one beside it": "ein anderer Umschlag als der, der dabei liegt",
    "a time before that of the history it rests on": "eine Zeit vor der des Verlaufs, auf dem "
    "das Protokoll beruht",
    "institution {number}": "Institution {number}",
    "payee {account}": "Empfänger {account}",
    "Own": "Eigener Anteil",
    "Patients": "Anteil der Patienten",
    "Named": "Anteil eines benannten Empfängers",
    "Remainder": "Rundungsrest",
    "start": "Beginn",
    "amend": "Änderung",
    "close": "Ende",
    "pending": "noch nicht offen",
    "active": "noch offen",
    "defeated": "abgelehnt",
    "expired": "verfallen",
    "canceled": "zurückgenommen",
    "executed": "schon ausgeführt",
    "hospital": "Krankenhaus",
    "institute": "Institut",
    "data-trustee": "Datentreuhänder",
    "company": "Unternehmen",
    "public": "öffentlich",
    "private": "privat",
    "CharterSet": "Neue Charta",
    "VotingRulesSet": "Neue Regeln der Abstimmung",
    "InstitutionAdmitted of institution {number}": "Aufnahme der Institution {number}",
    "InstitutionExpelled of institution {number}": "Ausschluss der Institution {number}",
    "AccountRotated of institution {number}": "Neues Konto der Institution {number}",
    "What the contract enforces is not what the terms say: {fields}.": "Der Smart Contract setzt "
    "anderes durch, als die Bedingungen sagen: {fields}.",
}
"""Facts that are `Words`, by their English."""

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

FINDINGS: Final[dict[str, FindingKind]] = {
    id_: _kind(id_, *words)
    for id_, words in {
        # --- who may contribute, publish and attest -----------------------------------------------
        "contribution-unauthorised": (
            _ROUND,
            "Institution {institution} ist als beitragend genannt und war nicht berechtigt: "
            "{reason}.",
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
            "Einwilligungen war {age} alt, und die Bedingungen erlauben {allowed}.",
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
            "Veröffentlichenden, warum der Beitragende zugelassen wurde.",
        ),
        "publisher-unauthorised": (
            _ROUND,
            "Der veröffentlichende Knoten {node} der Institution {institution} war nicht "
            "berechtigt: {reason}.",
            "Ein Modellstand kam von einem Knoten, der bei der Veröffentlichung nicht berechtigt "
            "war.",
            "Fragen Sie die Institution, auf welchem Rechner der Schlüssel liegt, und lassen Sie "
            "ihn widerrufen.",
        ),
        "attestation-unauthorised": (
            _ROUND,
            "Der bestätigende Knoten {node} der Institution {institution} war nicht berechtigt: "
            "{reason}.",
            "Einen Modellstand hat ein Knoten bestätigt, der dazu nicht berechtigt war.",
            "Fragen Sie die Institution, auf welchem Rechner der Schlüssel liegt; zählen Sie die "
            "nötigen Bestätigungen ohne diese.",
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
            "Der Knoten {node} der Institution {institution} handelte {late} nach Ablauf der "
            "Bedingungen.",
            "Eine Studie ging weiter, nachdem ihre Bedingungen abgelaufen waren.",
            "Fragen Sie die Unterzeichner, wofür die Daten ihrer Patienten verwendet wurden; "
            + _NO_USE,
        ),
        # --- checkpoints --------------------------------------------------------------------------
        "checkpoint-too-few-contributors": (
            _ROUND,
            "Beitragende: {contributors}; nach den Bedingungen nötig: {needed}.",
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
            "Ihm fehlt der Hashwert des Modells, der Umschläge oder des Protokolls.",
            "Einem Modellstand fehlt ein Hashwert, ohne den sein Smart Contract ihn nicht "
            "angenommen hätte.",
            "Verlangen Sie vom Veröffentlichenden das Paket des Modellstands, und fragen Sie, wie "
            "er in den Verlauf kam.",
        ),
        "contribution-overstated": (
            _ROUND,
            "Institution {institution} ist mit Beiträgen zu {listed} Runden genannt; der "
            "Modellstand umfasst {covered}.",
            "Ein Modellstand schreibt einer Institution Runden gut, die er nicht umfasst.",
            "Verlangen Sie vom Veröffentlichenden das Protokoll der Runde; Anteile an Erlösen sind "
            "nachzurechnen.",
        ),
        "checkpoint-without-quorum": (
            _ROUND,
            "Bestätigungen von Unterzeichnern auf der verlangten Stufe: {attested}; nach den "
            "Bedingungen nötig: {needed}.",
            "Ein Modellstand wurde endgültig, ohne dass genügend Unterzeichner ihn bestätigt "
            "hatten.",
            "Fragen Sie jeden Unterzeichner, welche Modellstände seine Knoten bestätigt haben; "
            + _NO_USE,
        ),
        "lineage-broken": (
            _ROUND,
            "Er heißt {named}; was er sagt, hat den Hashwert {own}.",
            "Die Kennung eines Modellstands ist nicht der Hashwert dessen, was er sagt; so bindet "
            "ihn nichts an seinen Vorgänger.",
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
            "{what}",
            "Was der Smart Contract einer Studie durchsetzt, ist nicht, was ihre Bedingungen "
            "sagen.",
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
            "Mitglieder, die sie unterzeichnet hatten: {signed}, nötig: {needed}; bisherige "
            "Unterzeichner darunter: {standing} von {signatories}, nötig: mehr als die Hälfte.",
            "Bedingungen traten in Kraft, die zu wenige Institutionen unterzeichnet hatten.",
            "Fragen Sie die bisherigen Unterzeichner, ob sie davon wussten; womöglich binden sie "
            "noch die bisherigen Bedingungen.",
        ),
        "action-unapproved": (
            _STUDY,
            "Zugestimmt hatten ({action}): {approved} von {signatories} Unterzeichnern, nicht aber "
            "die eröffnende Institution.",
            "Eine Studie wurde ohne die dazu Befugten begonnen, geändert oder beendet.",
            "Fragen Sie die eröffnende Institution und die Unterzeichner, wer es getan hat, und "
            "mit welchem Konto.",
        ),
        "study-started-early": (
            _STUDY,
            "Unterzeichner: {signatories}; nach den Bedingungen nötig: {needed}.",
            "Eine Studie begann mit weniger Unterzeichnern, als ihre Bedingungen verlangen.",
            "Fragen Sie die eröffnende Institution nach dem Grund; was trainiert wurde, bevor es "
            "genügend waren, beruht auf zu wenigen.",
        ),
        "signatory-ineligible": (
            _TERMS,
            "Institution {institution} unterzeichnete: {kind}, {sector}, {country}.",
            "Eine Institution unterzeichnete Bedingungen, die ihre Art, ihren Sektor oder ihr Land "
            "nicht zulassen.",
            "Fragen Sie die Unterzeichner, ob sie die Institution zulassen wollten; wenn ja, "
            "müssen sie die Bedingungen ändern.",
        ),
        "readiness-missing": (
            _TERMS,
            "Institution {institution} unterzeichnete ohne den Hashwert einer Erklärung.",
            "Eine Institution unterzeichnete ohne die Erklärung, dass ihre Daten den Bedingungen "
            "genügen.",
            "Verlangen Sie von der Institution ihre Bereitschaftserklärung und die Befunde "
            "dahinter.",
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
            "Die Festlegung der Institution {institution} auf ihre Einwilligungen ist {age} alt; "
            "die Bedingungen erlauben {allowed}.",
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
            "Fragen Sie die Institution, was sie von wem erhalten hat, und die eröffnende "
            "Institution, ob sie davon wusste.",
        ),
        "share-unpaid": (
            _REVENUE,
            "{part}, {to}: {amount}.",
            "Ein Anteil an einem Erlös ist geschuldet und noch nicht bezahlt.",
            "Fragen Sie die Institution, die den Erlös gemeldet hat, wann sie bezahlt.",
        ),
        "share-late": (
            _REVENUE,
            "{part}, {to}: {amount}, seit {days} Tagen.",
            "Ein Anteil an einem Erlös ist 90 Tage nach der Meldung noch nicht bezahlt.",
            "Fragen Sie die Institution, die den Erlös gemeldet hat, wo das Geld ist.",
        ),
        "share-unconfirmed": (
            _REVENUE,
            "{part}, {to}: {amount}.",
            "Ein Anteil ist als bezahlt vermerkt, und der Empfänger hat das nicht bestätigt.",
            "Fragen Sie den Empfänger, ob das Geld angekommen ist.",
        ),
        "share-wrong": (
            _REVENUE,
            "{part}, Empfänger {receiver}: bezahlt wurden {paid}; geschuldet sind {amount}.",
            "Es ist eine Zahlung vermerkt, die nicht dem geschuldeten Anteil entspricht.",
            "Verlangen Sie von der zahlenden Institution den Zahlungsbeleg, und rechnen Sie den "
            "Anteil nach.",
        ),
        "expelled-with-open-shares": (
            _REVENUE,
            "Institution {institution} wurde ausgeschlossen; {amount} sind offen.",
            "Eine Institution wurde ausgeschlossen, und was sie vorher verdient hat, ist ihr noch "
            "geschuldet.",
            "Fordern Sie die Institution, die den Erlös gemeldet hat, zur Zahlung auf; ein "
            "Ausschluss nimmt niemandem seinen Anteil.",
        ),
        # --- the swarm ----------------------------------------------------------------------------
        "founders-foreign": (
            _SWARM,
            "Gegründet von {founded}; die Vertrauensdatei nennt {trusted}.",
            "Den Schwarm haben andere gegründet, als die Vertrauensdatei nennt.",
            "Fragen Sie die Gründer auf anderem Weg nach der Vertrauensdatei und der Adresse von "
            "History.",
        ),
        "proposal-unsupported": (
            "Antrag {proposal}",
            "Er war bei der Ausführung {state}: {in_favour} dafür, {against} dagegen, {abstain} "
            "enthalten, von {eligible} Stimmberechtigten.",
            "Ein Antrag wurde ausgeführt, der nicht angenommen war.",
            "Fragen Sie die Mitglieder, wie sie gestimmt haben; was der Antrag bewirkt hat, hat "
            "keine Grundlage.",
        ),
        "act-undecided": (
            _SWARM,
            "{act}, in Block {block}.",
            "Es geschah etwas, das die Mitglieder beschließen müssen, und kein ausgeführter Antrag "
            "deckt es.",
            "Fragen Sie die Mitglieder, ob sie es beschlossen haben, und wie es in den Verlauf "
            "kam.",
        ),
        # --- countersignatures --------------------------------------------------------------------
        "head-rewritten": (
            _HEAD,
            "Institution {institution} hat die Endwerte {heads} gegengezeichnet.",
            "Ein Mitglied hat für dieselbe Länge zwei verschiedene Endwerte gegengezeichnet: Ein "
            "Verlauf wurde umgeschrieben.",
            "Verlangen Sie vom Mitglied beide Verläufe, und fragen Sie die anderen, welchen sie "
            "haben; was nach dieser Länge kommt, verdient bis zur Klärung kein Vertrauen.",
        ),
        "head-contradicted": (
            _HEAD,
            "Institution {institution} hat den Endwert {signed} gegengezeichnet; dieser Verlauf "
            "hat dort {own}.",
            "Ein Mitglied hat einen Verlauf gegengezeichnet, der von diesem abweicht.",
            "Verlangen Sie vom Mitglied seine Abschrift des Verlaufs; einer von beiden wurde "
            "umgeschrieben.",
        ),
        "head-beyond": (
            _HEAD,
            "Institution {institution} hat den Endwert {signed} gegengezeichnet; dieser Verlauf "
            "endet bei Länge {end}.",
            "Ein Mitglied hat einen längeren Verlauf gegengezeichnet als diesen.",
            "Fragen Sie nach dem, was später kam: Dieser Verlauf ist älter, oder sein Ende wurde "
            "abgeschnitten.",
        ),
        # --- evidence logs ------------------------------------------------------------------------
        "evidence-contradicts": (
            _LOG,
            "Der Umschlag des Knotens {node} für Runde {round} der Studie {study}: das Protokoll "
            "sagt „{said}“, der Verlauf bei Länge {length} ergibt „{own}“.",
            "Das Nachweisprotokoll eines Prüftors sagt, was dieses auf diesem Verlauf nicht "
            "entschieden haben kann.",
            "Verlangen Sie von der Institution des Protokolls Programm und Protokoll ihres "
            "Prüftors; eines von beiden wurde verändert.",
        ),
        "evidence-foreign": (
            _LOG,
            "Es beruht auf dem Endwert {said} bei Länge {length}; dieser Verlauf hat dort {own}.",
            "Das Nachweisprotokoll eines Prüftors beruht auf einem anderen Verlauf als diesem.",
            "Verlangen Sie von der Institution des Protokolls ihre Abschrift des Verlaufs; einer "
            "von beiden wurde umgeschrieben.",
        ),
        "evidence-beyond": (
            _LOG,
            "Entscheidungen jenseits des Endes: {decisions}; sie beruhen auf bis zu {length} "
            "Ereignissen, dieser Verlauf endet bei {end}.",
            "Das Nachweisprotokoll eines Prüftors beruht auf einem längeren Verlauf als diesem.",
            "Fragen Sie nach dem, was später kam; die Entscheidungen jenseits des Endes ließen "
            "sich nicht wiederholen.",
        ),
        "gates-disagree": (
            _ROUND,
            "Der Umschlag {envelope} des Knotens {node}: {accepting} nahm ihn an, {refusing} wies "
            "ihn zurück: {reason}.",
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
            "Die Institutionen {several} kündigten den Beitrag {update} an.",
            "Zwei Institutionen kündigten für eine Runde genau denselben Beitrag an.",
            "Fragen Sie beide, wie sie trainiert haben; womöglich hat eine weitergesandt, was die "
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
