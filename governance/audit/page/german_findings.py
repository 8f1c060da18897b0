"""The catalogue of findings in German: meaning and what to ask next, where and what, by kind."""

from __future__ import annotations

_SWARM = "Schwarm"
_HEAD = "Verlauf bei Länge {length}"
_STUDY = "Studie {study}"
_ROUND = "Studie {study}, Runde {round}"
_TERMS = "Studie {study}, Fassung {version} der Bedingungen"
_REVENUE = "Studie {study}, Erlös {revenue}"
_LOG = "Nachweisprotokoll {log}, Zeile {line}"

FINDINGS: dict[str, tuple[str, str, str, str]] = {
    # --- wer beitragen, veröffentlichen und bestätigen darf
    "contribution-unauthorised": (
        "Ein Modellstand nennt einen Beitragenden, der bei der Veröffentlichung nicht berechtigt "
        "war.",
        "Verlangen Sie vom Veröffentlichenden das Protokoll der Runde und die Umschläge; das "
        "Modell ist nicht zu verwenden.",
        _ROUND,
        "Institution {institution} ist als beitragend genannt und war nicht berechtigt ({reason}).",
    ),
    "contribution-after-withdrawal": (
        "Ein Modellstand nennt einen Beitragenden, der sich aus der Studie zurückgezogen hatte.",
        "Fragen Sie den Veröffentlichenden, wie der Beitrag hineinkam, und den Beitragenden, ob er "
        "einen gesandt hat; das Modell ist nicht zu verwenden.",
        _ROUND,
        "Institution {institution} ist als beitragend genannt und hatte sich zurückgezogen.",
    ),
    "contribution-consent-stale": (
        "Ein Modellstand nennt einen Beitragenden, dessen Festlegung auf Einwilligungen älter war, "
        "als die Bedingungen erlauben.",
        "Fragen Sie den Beitragenden, welche Einwilligungen noch galten; bis dahin ist das Modell "
        "nicht zu verwenden.",
        _ROUND,
        "Institution {institution} ist als beitragend genannt; ihre Festlegung war {age} Sekunden "
        "alt, die Bedingungen erlauben {allowed}.",
    ),
    "contribution-terms-unsigned": (
        "Ein Modellstand nennt einen Beitragenden, der die zugrunde liegenden Bedingungen nicht "
        "unterzeichnet hatte.",
        "Fragen Sie den Beitragenden, welcher Fassung er zugestimmt hat, und den "
        "Veröffentlichenden, warum er zugelassen wurde.",
        _ROUND,
        "Institution {institution} ist unter Fassung {version} als beitragend genannt; zuletzt "
        "unterzeichnet hat sie {signed}.",
    ),
    "publisher-unauthorised": (
        "Ein Modellstand kam von einem Knoten, der bei der Veröffentlichung nicht berechtigt war.",
        "Fragen Sie die Institution, auf welchem Rechner der Schlüssel liegt, und lassen Sie ihn "
        "widerrufen.",
        _ROUND,
        "Der veröffentlichende Knoten {node} der Institution {institution} war nicht berechtigt "
        "({reason}).",
    ),
    "node-key-ambiguous": (
        "Ein Modellstand kam von einem Schlüssel, der bei der Veröffentlichung kein berechtigter "
        "Knoten war.",
        "Fragen Sie die Institution, auf welchem Rechner der Schlüssel liegt, und lassen Sie ihn "
        "widerrufen.",
        _ROUND,
        "Der veröffentlichende Knoten {node} war nicht berechtigt ({reason}).",
    ),
    "attestation-unauthorised": (
        "Ein Modellstand wurde von einem Knoten bestätigt, der damals nicht berechtigt war.",
        "Fragen Sie die Institution, auf welchem Rechner der Schlüssel liegt; zählen Sie die "
        "nötigen Bestätigungen ohne diese.",
        _ROUND,
        "Der bestätigende Knoten {node} der Institution {institution} war nicht berechtigt "
        "({reason}).",
    ),
    "node-used-after-revocation": (
        "Ein Knotenschlüssel hat veröffentlicht oder bestätigt, nachdem seine Institution ihn "
        "widerrufen hatte.",
        "Fragen Sie die Institution, wer den Schlüssel hat; was er seither unterschrieben hat, "
        "verdient kein Vertrauen.",
        _ROUND,
        "Knoten {node} der Institution {institution} wurde benutzt; er war widerrufen.",
    ),
    "training-after-expiry": (
        "Eine Studie ging weiter, nachdem ihre Bedingungen abgelaufen waren.",
        "Fragen Sie die Unterzeichner, wofür die Daten ihrer Patienten verwendet wurden; das "
        "Modell ist nicht zu verwenden.",
        _ROUND,
        "Knoten {node} der Institution {institution} handelte {late} Sekunden nach Ablauf der "
        "Bedingungen.",
    ),
    # --- Modellstände
    "checkpoint-too-few-contributors": (
        "Ein Modellstand hat weniger Beitragende, als die Bedingungen verlangen.",
        "Verlangen Sie vom Veröffentlichenden das Protokoll der Runde; was wenige gemacht haben, "
        "kann ihre Patienten erkennen lassen.",
        _ROUND,
        "Beitragende: {contributors}; nach den Bedingungen nötig: {needed}.",
    ),
    "checkpoint-beyond-terms": (
        "Ein Modellstand gehört zu einer Runde nach der letzten, die die Bedingungen erlauben.",
        "Fragen Sie die Unterzeichner, ob sie mehr Runden zugestimmt haben; das Modell ist nicht "
        "zu verwenden.",
        _ROUND,
        "Die Bedingungen enden mit Runde {last}.",
    ),
    "checkpoint-malformed": (
        "Ein Modellstand sagt etwas, das sein Smart Contract nicht angenommen hätte.",
        "Verlangen Sie vom Veröffentlichenden das Paket des Modellstands, und fragen Sie, wie er "
        "in den Verlauf kam.",
        _ROUND,
        "Was nicht stimmt: {what}.",
    ),
    "checkpoint-without-quorum": (
        "Ein Modellstand wurde endgültig, ohne dass genügend Unterzeichner ihn bestätigt hatten.",
        "Fragen Sie jeden Unterzeichner, welche Modellstände seine Knoten bestätigt haben; das "
        "Modell ist nicht zu verwenden.",
        _ROUND,
        "Bestätigungen von Unterzeichnern auf der verlangten Stufe: {attested}; nach den "
        "Bedingungen nötig: {needed}.",
    ),
    "lineage-broken": (
        "Die Kennung eines Modellstands ist nicht der Hashwert dessen, was er sagt; nichts bindet "
        "ihn also an seinen Vorgänger.",
        "Verlangen Sie vom Veröffentlichenden das Paket des Modellstands; dieses Modell und "
        "spätere sind nicht zu verwenden.",
        _ROUND,
        "Er heißt {named}; was er sagt, hat die Kennung {own}.",
    ),
    "equivocation": (
        "Eine Institution hat für eine Runde zwei verschiedene Modellstände veröffentlicht.",
        "Fragen Sie die Institution, welcher richtig ist, und ob die Schlüssel ihrer Knoten noch "
        "in ihrer Hand sind.",
        _ROUND,
        "Institution {institution} veröffentlichte {first} und durch den Knoten {node} auch "
        "{second}.",
    ),
    # --- Bedingungen, Unterschriften, Einwilligung
    "terms-mismatch": (
        "Was der Smart Contract einer Studie durchsetzt, ist nicht, was ihre Bedingungen sagen.",
        "Fragen Sie die Unterzeichner, welches von beiden gemeint war; die Unterzeichnung hätte "
        "verweigert werden müssen.",
        _TERMS,
        "Festgestellt wurde: {what}",
    ),
    "prohibition-missing": (
        "Bedingungen verschweigen eine Nutzung, die die geltende Charta verbietet.",
        "Bitten Sie die Unterzeichner, die Bedingungen zu ändern, und fragen Sie, wer sie vor der "
        "Unterzeichnung geprüft hat.",
        _TERMS,
        "Sie verbieten nicht: {uses}.",
    ),
    "terms-unagreed": (
        "Bedingungen traten in Kraft, die zu wenige Institutionen unterzeichnet hatten.",
        "Fragen Sie die Unterzeichner der früheren Bedingungen, ob sie davon wussten; die ihren "
        "binden sie womöglich noch.",
        _TERMS,
        "Unterzeichnet hatten {signed} Mitglieder, davon {standing} der {signatories} bisherigen "
        "Unterzeichner; nötig sind {needed} und mehr als die Hälfte der bisherigen.",
    ),
    "action-unapproved": (
        "Eine Studie wurde ohne die dazu Befugten begonnen, geändert oder beendet.",
        "Fragen Sie die Institution, die sie eröffnet hat, und die Unterzeichner, wer es tat, und "
        "mit welchem Konto.",
        _STUDY,
        "Dem Schritt „{action}“ hatten {approved} von {signatories} Unterzeichnern zugestimmt, die "
        "eröffnende Institution nicht.",
    ),
    "study-started-early": (
        "Eine Studie begann mit weniger Unterzeichnern, als ihre Bedingungen verlangen.",
        "Fragen Sie die eröffnende Institution nach dem Grund; was bis dahin trainiert wurde, "
        "beruht auf zu wenigen.",
        _STUDY,
        "Unterzeichner: {signatories}; nach den Bedingungen nötig: {needed}.",
    ),
    "signatory-ineligible": (
        "Eine Institution hat Bedingungen unterzeichnet, die ihre Art, ihren Sektor oder ihr Land "
        "nicht zulassen.",
        "Fragen Sie die Unterzeichner, ob sie sie zulassen wollten; dann ändern sie die "
        "Bedingungen.",
        _TERMS,
        "Institution {institution} hat unterzeichnet: {kind}, {sector}, {country}.",
    ),
    "readiness-missing": (
        "Eine Institution hat unterzeichnet, ohne zu erklären, dass ihre Daten den Bedingungen "
        "genügen.",
        "Verlangen Sie von der Institution ihre Bereitschaftserklärung und die Befunde dahinter.",
        _TERMS,
        "Institution {institution} hat ohne den Hashwert einer Erklärung unterzeichnet.",
    ),
    "consent-missing": (
        "Eine Institution hat ohne die Festlegung auf Einwilligungen unterzeichnet, die die "
        "Bedingungen verlangen.",
        "Fragen Sie die Institution, auf wessen Einwilligung ihre Beiträge beruhen.",
        _TERMS,
        "Institution {institution} hat ohne Festlegung auf Einwilligungen unterzeichnet.",
    ),
    "consent-stale": (
        "Die Festlegung eines Unterzeichners auf seine Einwilligungen ist älter, als die "
        "Bedingungen erlauben; seine Knoten werden zurückgewiesen.",
        "Fragen Sie die Institution, ob sie noch teilnimmt, und bitten Sie sie, ihre Festlegung zu "
        "erneuern.",
        _STUDY,
        "Die Festlegung der Institution {institution} auf ihre Einwilligungen ist {age} Sekunden "
        "alt; die Bedingungen erlauben {allowed}.",
    ),
    # --- Erlöse und Anteile
    "revenue-unentitled": (
        "Eine Institution hat einen Erlös gemeldet, die das nicht darf.",
        "Fragen Sie die Institution, was sie von wem erhalten hat, und die eröffnende Institution, "
        "ob sie davon wusste.",
        _REVENUE,
        "Institution {institution} ist weder Unterzeichner noch die eröffnende, oder kein "
        "Mitglied.",
    ),
    "share-unpaid": (
        "Ein Anteil an einem Erlös ist geschuldet und noch nicht bezahlt.",
        "Fragen Sie die Institution, die den Erlös gemeldet hat, wann sie bezahlt.",
        _REVENUE,
        "Anteil „{part}“ für {to}: {money}.",
    ),
    "share-late": (
        "Ein Anteil an einem Erlös ist 90 Tage nach dessen Meldung noch nicht bezahlt.",
        "Fragen Sie die Institution, die den Erlös gemeldet hat, wo das Geld ist.",
        _REVENUE,
        "Anteil „{part}“ für {to}: {money}, seit {days} Tagen.",
    ),
    "share-unconfirmed": (
        "Ein Anteil ist als bezahlt vermerkt, und der Empfänger hat das nicht bestätigt.",
        "Fragen Sie den Empfänger, ob das Geld angekommen ist.",
        _REVENUE,
        "Anteil „{part}“ für {to}: {money}.",
    ),
    "share-wrong": (
        "Es ist eine Zahlung vermerkt, die nicht dem geschuldeten Anteil entspricht.",
        "Verlangen Sie von der zahlenden Institution den Zahlungsbeleg, und rechnen Sie den Anteil "
        "nach.",
        _REVENUE,
        "Anteil „{part}“, Empfänger {receiver}: bezahlt wurden {paid} kleinste Einheiten, "
        "geschuldet sind {amount}.",
    ),
    "expelled-with-open-shares": (
        "Eine Institution wurde ausgeschlossen, und was sie vorher verdient hat, ist noch offen.",
        "Fordern Sie die Institution, die den Erlös gemeldet hat, zur Zahlung auf; ein Ausschluss "
        "nimmt keinen Anteil.",
        _REVENUE,
        "Institution {institution} wurde ausgeschlossen; offen sind {money}.",
    ),
    # --- der Schwarm
    "founders-foreign": (
        "Den Verlauf haben andere begründet, als die Vertrauensdatei nennt.",
        "Lassen Sie sich von den Gründern auf anderem Weg die Vertrauensdatei und die Adresse von "
        "History geben.",
        _SWARM,
        "Gegründet von {founded}; die Vertrauensdatei nennt {trusted}.",
    ),
    "proposal-unsupported": (
        "Ein Antrag wurde ausgeführt, der nicht angenommen war.",
        "Fragen Sie die Mitglieder, wie sie gestimmt haben; was der Antrag bewirkt hat, hat keine "
        "Grundlage.",
        "Antrag {proposal}",
        "Sein Stand bei der Ausführung: {state}; {in_favour} dafür, {against} dagegen, {abstain} "
        "enthalten, von {eligible} Stimmberechtigten.",
    ),
    "act-undecided": (
        "Es geschah etwas, das einen Beschluss der Mitglieder braucht, und kein ausgeführter "
        "Antrag deckt es.",
        "Fragen Sie die Mitglieder, ob sie es beschlossen haben, und wie es in den Verlauf kam.",
        _SWARM,
        "{act} in Block {block}.",
    ),
    # --- Gegenzeichnung
    "head-rewritten": (
        "Ein Mitglied hat bei gleicher Länge zwei verschiedene Endwerte gegengezeichnet: Ein "
        "Verlauf wurde umgeschrieben.",
        "Verlangen Sie vom Mitglied beide Verläufe, und fragen Sie die anderen, welchen sie haben; "
        "was nach dieser Länge kommt, verdient bis zur Klärung kein Vertrauen.",
        _HEAD,
        "Institution {institution} hat {heads} gegengezeichnet.",
    ),
    "head-contradicted": (
        "Ein Mitglied hat einen Verlauf gegengezeichnet, der von diesem abweicht.",
        "Verlangen Sie vom Mitglied seine Abschrift des Verlaufs; einer von beiden wurde "
        "umgeschrieben.",
        _HEAD,
        "Institution {institution} hat {signed} gegengezeichnet; dieser Verlauf hat dort {own}.",
    ),
    "head-beyond": (
        "Ein Mitglied hat einen längeren Verlauf als diesen gegengezeichnet.",
        "Verlangen Sie, was danach kam: Dieser Verlauf ist älter, oder sein Ende wurde "
        "abgeschnitten.",
        _HEAD,
        "Institution {institution} hat {signed} gegengezeichnet; dieser Verlauf endet bei Länge "
        "{end}.",
    ),
    # --- Nachweisprotokolle
    "evidence-contradicts": (
        "Das Nachweisprotokoll eines Prüftors enthält, was es auf diesem Verlauf nicht "
        "entschieden haben kann.",
        "Verlangen Sie von der Institution Software und Protokoll ihres Prüftors; eines von beiden "
        "wurde verändert.",
        _LOG,
        "Umschlag des Knotens {node} für Runde {round} der Studie {study}: Das Protokoll sagt "
        "{said}, der Verlauf bei Länge {length} ergibt {own}.",
    ),
    "evidence-foreign": (
        "Das Nachweisprotokoll eines Prüftors beruht auf einem anderen Verlauf als diesem.",
        "Verlangen Sie von der Institution ihre Abschrift des Verlaufs; einer von beiden wurde "
        "umgeschrieben.",
        _LOG,
        "Es beruht auf dem Endwert {said} bei Länge {length}; dieser Verlauf hat dort {own}.",
    ),
    "evidence-beyond": (
        "Das Nachweisprotokoll eines Prüftors beruht auf einem längeren Verlauf als diesem.",
        "Verlangen Sie, was danach kam; die Entscheidungen nach dem Ende ließen sich nicht "
        "nachvollziehen.",
        _LOG,
        "{decisions} Entscheidungen beruhen auf bis zu {length} Ereignissen; dieser Verlauf endet "
        "bei {end}.",
    ),
    "gates-disagree": (
        "Ein Prüftor hat einen Umschlag angenommen, den ein anderes zurückwies, und der Verlauf "
        "sagt nicht, warum.",
        "Verlangen Sie von beiden Institutionen die Protokolle der Runde, und fragen Sie, wie jede "
        "sie eröffnet hat.",
        _ROUND,
        "Umschlag {envelope} des Knotens {node}: {accepting} nahm ihn an, {refusing} wies ihn "
        "zurück ({reason}).",
    ),
    "envelope-equivocation": (
        "Ein Knoten hat für denselben Versuch einer Runde zwei verschiedene Beiträge "
        "unterschrieben.",
        "Fragen Sie seine Institution, welcher richtig ist, und ob der Schlüssel noch in ihrer "
        "Hand ist.",
        _ROUND,
        "Knoten {node} der Institution {institution} unterschrieb {first} und {second} für Versuch "
        "{attempt}.",
    ),
    "update-copied": (
        "Zwei Institutionen haben für eine Runde genau denselben Beitrag angekündigt.",
        "Fragen Sie beide, wie sie trainiert haben; eine hat womöglich weitergegeben, was die "
        "andere gemacht hat.",
        _ROUND,
        "Die Institutionen {several} kündigten den Beitrag {update} an.",
    ),
    "contribution-unlisted": (
        "Prüftore haben mehr Beiträge einer Institution angenommen, als der Modellstand ihr "
        "anrechnet.",
        "Verlangen Sie vom Veröffentlichenden das Protokoll der Runde: welche Beiträge fehlen, und "
        "warum.",
        _ROUND,
        "Beiträge der Institution {institution} wurden in {accepted} Runden angenommen; der "
        "Modellstand nennt {listed}.",
    ),
    "contribution-unwitnessed": (
        "Ein Modellstand rechnet einer Institution mehr Runden an, als die Protokolle der "
        "Prüftore zeigen.",
        "Verlangen Sie vom Veröffentlichenden sein Nachweisprotokoll und von der Institution ihre "
        "Umschläge.",
        _ROUND,
        "Institution {institution} ist mit {listed} Runden genannt; die vorgelegten Protokolle "
        "zeigen {accepted} und sagen nichts über {unheard}.",
    ),
}
"""Names in braces are facts of the finding; `{money}` is its amount with its currency."""
