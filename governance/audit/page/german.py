"""The report in German."""

from __future__ import annotations

from governance.audit.german import FINDINGS, REASONS, WORDS
from governance.audit.page.language import Language

GERMAN = Language(
    code="de",
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    date_form="{day}. {month} {year}",
    short_date="%d.%m.%Y",
    thousands=".",
    decimal=",",
    texts={
        "title": "Was in diesem Schwarm geschehen ist",
        "lead": "Mehrere Institutionen trainieren gemeinsam Modelle; die Daten der Patienten "
        "sollen dabei in ihrem Haus bleiben. Dieser Bericht sagt, wer wann woran teilgenommen "
        "hat, nach welchen Regeln, und ob der Verlauf sie einhält. Was in einem Haus geschah, "
        "zeigt kein Verlauf.",
        "moment": "{date}, {time} Uhr UTC",
        "nobody": "niemand",
        "span.d": ("{count} Tag", "{count} Tage"),
        "span.h": ("{count} Stunde", "{count} Stunden"),
        "span.min": ("{count} Minute", "{count} Minuten"),
        "span.s": ("{count} Sekunde", "{count} Sekunden"),
        # --- der Anfang
        "upto.seals": "Nachgewiesen bis Block {block} vom {moment}, durch die Siegel von {sealers} "
        "der {validators} Validatoren.",
        "upto.seals.unnamed": "Nachgewiesen bis Block {block} vom {moment}, durch die Siegel von "
        "mindestens zwei Dritteln der {validators} Validatoren.",
        "upto.countersignatures": "Nachgewiesen bis Block {block} vom {moment}, allein durch "
        "Gegenzeichnung: {institutions} von {members} Mitgliedern haben diesen Verlauf "
        "unterschrieben. Die Blockchain trägt keine Siegel.",
        "upto.endpoint": "Berichtet bis Block {block} vom {moment}, von einem einzigen Endpunkt. "
        "Für diesen Verlauf steht nichts als dessen Wort.",
        "warning": "Bitte beachten.",
        "warning.countersignatures": "Diese Blockchain trägt keine Siegel. Dass der Verlauf "
        "vollständig und unverändert ist, beruht auf den Unterschriften von mehr als zwei Dritteln "
        "der Mitglieder. Hätten diese verabredet, ihn umzuschreiben, könnte dieser Bericht das "
        "nicht erkennen.",
        "warning.endpoint": "Die Ereignisse passen zueinander; wo sie enden, hat jedoch allein der "
        "befragte Endpunkt angegeben. Er kann einen alten oder einen anderen Verlauf gezeigt "
        "haben. Verlangen Sie ein Beweispaket, bevor Sie sich auf diesen Bericht stützen.",
        "warning.vouched": (
            "Nur {count} von {members} Mitgliedern hat den Verlauf bis Ereignis {length} "
            "unterschrieben.",
            "Unabhängig davon haben {count} von {members} Mitgliedern den Verlauf bis Ereignis "
            "{length} unterschrieben.",
        ),
        "verdict.proven": "Der Verlauf ist vollständig und unverändert.",
        "verdict.endpoint": "So, wie der Endpunkt ihn berichtet, ist der Verlauf in sich stimmig.",
        "verdict.clean": "Er hält seine eigenen Regeln ein; es gibt keine Befunde.",
        "verdict.open": "Keine Regel wurde verletzt, aber etwas ist offen oder zu erklären.",
        "verdict.breach": "Regeln wurden verletzt.",
        "verdict.no-charter": "Ob Bedingungen eine Nutzung verschweigen, die die Charta verbietet, "
        "wurde nicht geprüft, da das Dokument der Charta nicht vorlag.",
        "own.verdict.clean": "Zu dieser Institution gibt es keine Befunde.",
        "own.verdict.open": "Weder von dieser Institution noch ihr gegenüber wurde eine Regel "
        "verletzt, aber etwas ist offen oder zu erklären.",
        "own.verdict.breach": "Regeln, die diese Institution betreffen, wurden verletzt.",
        "verdict.see": "Zu den Befunden.",
        "count.breach": ("{count} Verstoß", "{count} Verstöße"),
        "count.concern": ("{count} Mal Klärungsbedarf", "{count} Mal Klärungsbedarf"),
        "count.notice": ("{count} Hinweis", "{count} Hinweise"),
        "fact.events": ("Ereignis", "Ereignisse"),
        "fact.members": ("Mitglied", "Mitglieder"),
        "fact.studies": ("Studie", "Studien"),
        "fact.checkpoints": ("endgültiger Modellstand", "endgültige Modellstände"),
        "fact.refusals": ("bekannte Zurückweisung", "bekannte Zurückweisungen"),
        "fact.standing": "Stellung",
        "fact.votes": ("abgegebene Stimme", "abgegebene Stimmen"),
        "fact.rounds": ("Runde mit eigenem Beitrag", "Runden mit eigenem Beitrag"),
        "fact.attested": (
            "veröffentlichter oder bestätigter Modellstand",
            "veröffentlichte oder bestätigte Modellstände",
        ),
        # --- was geprüft wurde
        "verified": "Was geprüft wurde, und woran",
        "verified.caption": "Jede Prüfung, und worauf sie beruht",
        "column.check": "Prüfung",
        "column.result": "Ergebnis",
        "check.history": "Welcher Verlauf",
        "check.history.is": "Der des Smart Contracts {history} auf der Blockchain {chain}.",
        "check.header": "Versiegelter Blockkopf",
        "check.seals": "Siegel",
        "check.seals.are": "{sealers} von {validators} im Blockkopf genannten Validatoren haben "
        "ihn versiegelt: {list}.",
        "check.seals.unnamed": "Mindestens zwei Drittel der {validators} im Blockkopf genannten "
        "Validatoren haben ihn versiegelt.",
        "check.seals.none": "Keine.",
        "check.headers": "Blockköpfe",
        "check.headers.are": (
            "Ein versiegelter Blockkopf, anerkannt nach den Validatoren der Vertrauensdatei.",
            "{count} versiegelte Blockköpfe, jeder nach dem vorigen anerkannt, ausgehend von den "
            "Validatoren der Vertrauensdatei.",
        ),
        "check.code": "Code der Smart Contracts",
        "check.code.is": (
            "Bei {count} Smart Contract läuft der veröffentlichte Code: {list}.",
            "Bei {count} Smart Contracts läuft der veröffentlichte Code: {list}.",
        ),
        "check.code.none": "Nicht Teil dieses Berichts.",
        "check.chain": "Hashkette",
        "check.chain.is": (
            "{count} Ereignis ergibt den Endwert {head}.",
            "{count} Ereignisse, in ihrer Reihenfolge und ohne Lücke, ergeben den Endwert {head}.",
        ),
        "check.countersigned": "Gegenzeichnung",
        "check.countersigned.are": (
            "{count} von {members} Mitgliedern hat den Verlauf bis Ereignis {length} "
            "unterschrieben: {list}.",
            "{count} von {members} Mitgliedern haben den Verlauf bis Ereignis {length} "
            "unterschrieben: {list}.",
        ),
        "check.countersigned.none": "Nicht durch mehr als zwei Drittel der Mitglieder.",
        "check.rules": "Regeln",
        "check.rules.are": "Jedes Ereignis wurde der Reihe nach angewandt; keines widerspricht den "
        "früheren. Was dennoch eine Regel verletzt, steht unter „Befunde“.",
        "check.charter": "Charta",
        "check.charter.given": "Ihr Dokument lag vor; Bedingungen wurden daran gemessen, was sie "
        "verbietet.",
        "check.charter.none": "Ihr Dokument lag nicht vor; keine Bedingungen wurden daran "
        "gemessen, was sie verbietet.",
        "check.evidence": "Nachweisprotokolle der Knoten",
        "check.evidence.is": (
            "Vorgelegt; sie berichten von {count} Zurückweisung. Ein Protokoll ist das Wort seines "
            "Knotens.",
            "Vorgelegt; sie berichten von {count} Zurückweisungen. Ein Protokoll ist das Wort "
            "seines Knotens.",
        ),
        "check.evidence.none": "Keine vorgelegt, oder es wurde nichts zurückgewiesen.",
        # --- wer teilgenommen hat
        "participation": "Wer teilgenommen hat, und wann",
        "timeline.label": "Zeitstrahl von Mitgliedschaft und Teilnahme",
        "timeline.legend": "Zeiten in UTC. Kreis: Antrag. Balken: Mitgliedschaft. Dunkle Striche "
        "darin: ein Beitrag ging in einen endgültigen Modellstand ein. Dreieck: Bedingungen einer "
        "Studie unterzeichnet. Kleines Kreuz: aus einer Studie zurückgezogen. Großes Kreuz: "
        "ausgetreten oder ausgeschlossen.",
        "figure.timeline": "Mitgliedschaft und Teilnahme im Zeitverlauf",
        "figure.timeline.desc": "Eine Zeile für jede von {count} Institutionen, vom {begin} bis "
        "zum {end}: wann sie Mitgliedschaft beantragt hat, Mitglied war, Bedingungen unterzeichnet "
        "hat und Beiträge von ihr eingegangen sind. Die folgenden Tabellen sagen dasselbe.",
        "institutions.caption": "Institutionen, nach Nummern; Zeiten in UTC",
        "column.number": "Nr.",
        "column.institution": "Institution",
        "column.kind": "Art",
        "column.country": "Land",
        "column.standing": "Stellung",
        "column.applied": "Antrag",
        "column.admitted": "Aufnahme",
        "column.gone": "Austritt oder Ausschluss",
        "column.nodes": "Knotenschlüssel",
        "node.revoked": "{node} (widerrufen {when})",
        "overview.label": "Teilnahme der Institutionen an den Studien",
        "overview.legend": "Spalten sind Studien, nach Nummern. Je höher der Balken, desto größer "
        "der Teil der Runden, zu dem die Institution beigetragen hat. Punkt: unterzeichnet, kein "
        "Beitrag eingegangen.",
        "figure.overview": "Teilnahme nach Institution und Studie",
        "figure.overview.desc": "Eine Zeile für jede von {count} Institutionen und eine Spalte für "
        "jede von {studies} Studien; die Höhe eines Balkens ist der Teil der Runden, zu dem "
        "beigetragen wurde. Die Tabellen der Studien sagen dasselbe.",
        # --- Beschlüsse
        "decisions": "Was beschlossen wurde, und von wem",
        "decisions.charter": "Hashwert der geltenden Charta:",
        "decisions.caption": "Anträge; jede Institution hat eine Stimme; Zeiten in UTC",
        "numbers": "Zahlen sind die Nummern der Institutionen.",
        "decisions.none": "Es wurde über nichts abgestimmt.",
        "column.proposal": "Antrag",
        "column.put": "Gestellt von",
        "column.in-favour": "Dafür",
        "column.against": "Dagegen",
        "column.abstained": "Enthaltung",
        "column.outcome": "Ergebnis",
        # --- Studien
        "studies": "Die Studien",
        "studies.caption": "Alle Studien; Zeiten in UTC",
        "studies.none": "Es wurde keine Studie eröffnet.",
        "column.study": "Studie",
        "column.state": "Stand",
        "column.opened": "Eröffnet",
        "column.signatories": "Unterzeichner",
        "column.checkpoints": "Endgültige Modellstände",
        "column.last-round": "Letzte Runde",
        "study.title": "Studie {study}: {name}",
        "study.nameless": "Bedingungen nicht lesbar",
        "study.summary": "Stand: {state}. Eröffnet am {opened} von {opener}. In Kraft ist Fassung "
        "{version} der Bedingungen. Unterzeichner am Ende: {signatories}.",
        "study.contract": "Smart Contract",
        "study.digest": "Hashwert der geltenden Bedingungen",
        "study.terms": "Bedingungen",
        "study.terms.open": "Fassung {version}, in Kraft, in einfachen Worten",
        "study.terms.unreadable": "Die Bedingungen auf der Blockchain sind nicht lesbar; siehe die "
        "Befunde.",
        "study.acts": "Wer unterzeichnet, abgelehnt und sich zurückgezogen hat",
        "study.acts.caption": "Studie {study}, in zeitlicher Reihenfolge; Zeiten in UTC",
        "column.when": "Wann",
        "column.act": "Was",
        "lineage": "Abfolge der Modellstände und Beitragende",
        "matrix.label": "Teilnahme nach Institution und Runde in Studie {study}",
        "matrix.legend": "Spalten sind endgültige Modellstände, nach ihrer letzten Runde. Je höher "
        "der Balken, desto mehr der Runden seit dem vorigen Modellstand enthalten einen Beitrag "
        "der Institution. Punkt: Unterzeichner, kein Beitrag eingegangen. Leer: damals kein "
        "Unterzeichner.",
        "figure.matrix": "Teilnahme an Studie {study}",
        "figure.matrix.desc": "Eine Zeile für jede von {count} Institutionen, die je unterzeichnet "
        "haben, und Spalten für {checkpoints} endgültige Modellstände bis Runde {rounds}; die Höhe "
        "eines Balkens ist der Teil der Runden, zu dem beigetragen wurde. Die Tabelle der "
        "Modellstände sagt dasselbe.",
        "lineage.label": "Abfolge der Modellstände in Studie {study}",
        "lineage.legend": "Jeder Punkt ist ein endgültiger Modellstand und setzt den vorigen fort. "
        "Rauten wurden veröffentlicht und nicht endgültig. Darunter, dunkel: Institutionen mit "
        "Beitrag; umrandet: Unterzeichner.",
        "figure.lineage": "Abfolge der Modellstände in Studie {study}",
        "figure.lineage.desc": "Eine Kette von {checkpoints} endgültigen Modellständen bis Runde "
        "{rounds}, jeder mit Beiträgen von {least} bis {most} Institutionen. Die Tabelle der "
        "Modellstände sagt dasselbe.",
        "figure.lineage.chain": "Endgültige Modellstände",
        "figure.lineage.round": "Letzte Runde",
        "figure.lineage.contributors": "Beitragende",
        "lineage.open": (
            "{count} Modellstand mit Beitragenden",
            "Alle {count} Modellstände mit Beitragenden",
        ),
        "lineage.caption": "Endgültige Modellstände der Studie {study}; Zeiten in UTC",
        "lineage.none": "Kein Modellstand ist endgültig.",
        "column.rounds": "Runden",
        "column.final": "Endgültig",
        "column.model": "Modell",
        "column.published": "Veröffentlicht von",
        "column.attested": "Bestätigt von",
        "column.contributed": "Mit Beitrag",
        "column.absent": "Nicht dabei, und warum",
        "contributed.partly": "{who} ({rounds} von {covered} Runden)",
        # --- Zurückweisungen
        "refusals": "Vor der Zusammenführung zurückgewiesen",
        "refusals.what": "Bevor ein Beitrag eingeht, entscheidet das Prüftor jedes Knotens, ob das "
        "zulässig ist. Es folgen die eigenen Nachweisprotokolle der Prüftore, soweit sie dieser "
        "Prüfung vorlagen.",
        "refusals.caption": "Zurückweisungen nach Knoten und Grund; Zeiten in UTC",
        "refusals.none": "Es lag kein Nachweisprotokoll vor, oder es wurde nichts zurückgewiesen.",
        "column.reason": "Grund",
        "column.meaning": "Bedeutung",
        "column.node": "Knoten",
        "column.times": "Anzahl",
        "column.since": "Seit",
        "column.where": "Wo",
        # --- Erlöse
        "benefits": "Erlöse, und wer seinen Anteil erhalten hat",
        "benefits.none": "Es wurde kein Erlös gemeldet.",
        "benefits.figure": "Anteile an den Erlösen der Studie {study}",
        "benefits.legend": "Gefüllt: bezahlt und vom Empfänger bestätigt. Schraffiert: bezahlt, "
        "noch nicht bestätigt. Umrandet: offen.",
        "benefits.sum": "Summe",
        "figure.shares": "Anteile an den Erlösen der Studie {study} in {currency}",
        "figure.shares.desc": "Ein Balken für jeden von {count} Empfängern, so lang wie der ihm "
        "zustehende Betrag, geteilt in bestätigt, bezahlt und offen. Die folgenden Tabellen sagen "
        "dasselbe.",
        "revenue.caption": "Erlös {revenue}: {amount}, gemeldet am {date} von {by}, bezahlt von "
        "{licensee}; Zeiten in UTC",
        "revenue.caption.plain": "Erlös {revenue}: {amount}, gemeldet am {date} von {by}; Zeiten "
        "in UTC",
        "column.receiver": "Empfänger",
        "column.part": "Teil",
        "column.amount": "Betrag",
        "column.settlement": "Abrechnung",
        "column.paid": "Bezahlt",
        "column.confirmed": "Bestätigt",
        # --- Befunde
        "findings": "Befunde",
        "findings.order": "Die schwersten zuerst.",
        "findings.none": "Keine.",
        "findings.ask": "Als Nächstes fragen:",
        "findings.caption": "Wo und seit wann; Zeiten in UTC",
        # --- nachprüfen
        "again": "Wie man es nachprüft",
        "again.need": "Sie brauchen das Programm charter, die Vertrauensdatei, die Ihnen "
        "persönlich übergeben wurde, und ein Beweispaket. Sonst müssen Sie niemandem vertrauen.",
        "again.charter": "Sie brauchen auch das Dokument der Charta mit dem Hashwert (SHA-256):",
        "again.command": "Befehl",
        "again.collect": "Sammeln Sie die Beweise von einem beliebigen Endpunkt der Blockchain, "
        "oder lassen Sie sich die Datei von einer Institution geben:",
        "again.verify": "Prüfen Sie sie, auf Wunsch auf einem Rechner ohne Netz:",
        "again.report": "Schreiben Sie diesen Bericht neu:",
        "again.compare": "Das Ergebnis muss dieselbe Länge und denselben Endwert haben. Ein "
        "längerer Verlauf muss diesen als Anfang haben.",
        "again.chain": "Kennzahl der Blockchain (Chain-ID)",
        "again.history": "Adresse von History, wie in der Vertrauensdatei",
        "again.length": "Länge, in Ereignissen",
        "again.head": "Endwert der Hashkette",
        "again.trust": "Steht in Ihrer Vertrauensdatei eine andere Adresse, handelt dieser Bericht "
        "von einem anderen Schwarm.",
        "footer": "Erstellt von Swarm Charter allein aus den aufgezeichneten Ereignissen. Diese "
        "Seite lädt nichts nach und führt nichts aus.",
        # --- eine Institution
        "own.title": "Teilnahme von {name}",
        "own.lead": "Was diese Institution im Schwarm getan hat, was aus ihren Beiträgen wurde, "
        "und was ihr zusteht.",
        "own.participation": "Mitgliedschaft, Stimmen und Knoten",
        "own.acts.caption": "In zeitlicher Reihenfolge; Zeiten in UTC",
        "own.studies": "Ihre Studien",
        "own.studies.none": "Sie hat an keiner Studie teilgenommen.",
        "own.study.caption": "Was sie in Studie {study} entschieden hat; Zeiten in UTC",
        "own.training.open": (
            "{count} Beitrag, Veröffentlichung oder Bestätigung",
            "Alle {count} Beiträge, Veröffentlichungen und Bestätigungen",
        ),
        "own.training.caption": "Beiträge, Veröffentlichungen und Bestätigungen in Studie {study}; "
        "Zeiten in UTC",
        "own.shares": "Ihre Anteile",
        "own.shares.none": "Ihr steht kein Anteil an einem Erlös zu.",
        # --- was jemand tat
        "act.applied": "beantragte die Mitgliedschaft, mit dem Konto {detail}",
        "act.admitted": "wurde aufgenommen",
        "act.left": "trat aus",
        "act.expelled": "wurde durch Abstimmung ausgeschlossen",
        "act.account-rotated": "wechselte zum Konto {detail}",
        "act.account-recovered": "erhielt durch Abstimmung das Konto {detail}",
        "act.node-registered": "meldete den Knoten {detail} an",
        "act.node-revoked": "widerrief den Knoten {detail}",
        "act.proposed": "stellte Antrag {detail}",
        "act.voted-in-favour": "stimmte für Antrag {detail}",
        "act.voted-against": "stimmte gegen Antrag {detail}",
        "act.voted-abstain": "enthielt sich bei Antrag {detail}",
        "act.opened": "eröffnete die Studie",
        "act.put-forward": "legte Fassung {version} der Bedingungen vor",
        "act.signed": "unterzeichnete Fassung {version} der Bedingungen",
        "act.signed.consent": (
            "unterzeichnete Fassung {version} der Bedingungen, mit der Festlegung auf "
            "Einwilligungen {detail}"
        ),
        "act.consent-renewed": "erneuerte die Festlegung auf Einwilligungen: {detail}",
        "act.declined": "lehnte Fassung {version} der Bedingungen ab: {detail}",
        "act.withdrew": "zog sich zurück: {detail}",
        "act.approved-start": "stimmte dem Beginn zu",
        "act.approved-amend": "stimmte einer Änderung zu",
        "act.approved-close": "stimmte dem Ende zu",
        "act.published": "veröffentlichte den Modellstand der Runde {round}",
        "act.attested": "bestätigte den Modellstand der Runde {round}: {detail}",
        "act.contributed": "trug zu {rounds} der {covered} Runden bis Runde {round} bei",
        "act.equivocated": "veröffentlichte einen zweiten, anderen Modellstand für Runde {round}",
        "act.declared-revenue": "meldete einen Erlös von {amount}",
        "act.paid-share": "verzeichnete einen Anteil von {amount} als bezahlt",
        "act.confirmed-share": "bestätigte einen Anteil von {amount}",
    },
    names={
        "kind": {
            "hospital": "Krankenhaus",
            "institute": "Institut",
            "data_trustee": "Datentreuhänder",
            "company": "Unternehmen",
        },
        "sector": {"public": "öffentlich", "private": "privat"},
        "standing": {
            "applicant": "Antrag gestellt",
            "member": "Mitglied",
            "left": "ausgetreten",
            "expelled": "ausgeschlossen",
        },
        "study": {"open": "offen, nicht begonnen", "running": "läuft", "closed": "beendet"},
        "proposal": {
            "pending": "noch nicht offen",
            "active": "offen",
            "canceled": "zurückgenommen",
            "defeated": "abgelehnt",
            "succeeded": "angenommen, noch nicht ausgeführt",
            "expired": "angenommen, verfallen",
            "executed": "angenommen und ausgeführt",
        },
        "part": {
            "own": "eigener",
            "patients": "für ihre Patienten",
            "named": "benannter Empfänger",
            "remainder": "Rundungsrest",
        },
        "settlement": {
            "open": "offen",
            "paid": "bezahlt, nicht bestätigt",
            "confirmed": "bestätigt",
        },
        "level": {
            "set-checked": "Beitragende abgeglichen",
            "merge-recomputed": "Zusammenführung nachgerechnet",
        },
        "ground": {
            "unspecified": "ohne Angabe von Gründen",
            "consent": "Einwilligung",
            "ethics": "Ethik",
            "legal": "rechtliche Gründe",
            "data": "Daten",
            "resources": "Mittel",
            "benefits": "Erlöse",
            "partners": "Partner",
            "security": "Sicherheit",
            "other": "andere Gründe",
        },
        "severity": {"breach": "Verstoß", "concern": "Klärungsbedarf", "notice": "Hinweis"},
        "absence": {
            "departed": "kein Mitglied mehr",
            "withdrawn": "zurückgezogen",
            "terms-not-signed": "hatte diese Bedingungen nicht unterzeichnet",
            "refused": "zurückgewiesen",
            "no-node": "hatte keinen Knotenschlüssel",
            "not-merged": "kein Beitrag eingegangen, Grund nicht bekannt",
        },
        "reason": REASONS,
    },
    findings=FINDINGS,
    words=WORDS,
)
