"""Terms in German. The labels of the Data Use Ontology are ours; its codes are what binds."""

from __future__ import annotations

from governance.terms.wording import Wording

GERMAN = Wording(
    headings={
        "question": "Forschungsfrage",
        "use": "Nutzung der Daten",
        "prohibited": "Verboten",
        "participants": "Wer teilnehmen darf",
        "data": "Daten und Annotation",
        "consent": "Einwilligung und Ethik",
        "training": "Training",
        "model": "Das entstehende Modell",
        "benefits": "Erlöse",
        "end": "Ende",
    },
    sentences={
        "sponsor": "Für die Studie steht ein: {sponsor}.",
        "permitted": "Erlaubt: {label} ({code}).",
        "diseases": "Nur für {diseases}.",
        "condition": "Auflage: {label} ({code}).",
        "condition-detail": "Auflage: {label} ({code}): {detail}.",
        "who": "{kinds}, {sectors}, aus {countries}.",
        "start": "Das Training beginnt mit mindestens {signatories}.",
        "force": "Diese Bedingungen treten mit mindestens {signatures} in Kraft; gelten bereits "
        "andere, so muss mehr als die Hälfte von deren Unterzeichnern darunter sein.",
        "contributors": "Zu jedem Modellstand gehören mindestens {contributors}.",
        "schema": "Die Daten folgen dem Schema mit dem Hashwert {digest}.",
        "records-exact": "Ein Beitrag nennt die genaue Zahl der Datensätze, mit denen trainiert "
        "wurde.",
        "records-none": "Ein Beitrag sagt nichts über die Zahl der Datensätze, mit denen trainiert "
        "wurde.",
        "readiness-checked": (
            "Wer unterzeichnet, versichert mit der Unterschrift, dass die Prüfung der Bereitschaft "
            "seiner Daten bestanden ist."
        ),
        "readiness-stated": (
            "Wer unterzeichnet, versichert die Bereitschaft seiner Daten auf eigenes Wort."
        ),
        "annotation-none": "Die Daten brauchen keine Annotation.",
        "annotation": "Sie sind nach dem Protokoll mit dem Hashwert {digest} annotiert.",
        "agreement": "Die Annotierenden stimmen mit {metric} von mindestens {minimum} überein.",
        "basis": "Die Nutzung der Daten beruht auf {basis}.",
        "consent-age": "Die Festlegung einer Institution auf ihre Einwilligungen gilt für {age}.",
        "consent-none": "Eine Festlegung auf Einwilligungen wird nicht verlangt.",
        "ethics": "Das Ethikvotum hat den Hashwert {digest}.",
        "ethics-none": "Ein Ethikvotum liegt nicht vor.",
        "rounds": "Das Training endet mit Runde {rounds}.",
        "final": "Endgültig wird ein Modellstand mit der Bestätigung von {institutions}, dass "
        "{level}.",
        "owner": "Das Modell gehört {owner}.",
        "use-signatories": "Unterzeichner dürfen es {how} nutzen.",
        "use-contributors": "Beitragende dürfen es {how} nutzen.",
        "use-others": "Andere dürfen es {how} nutzen.",
        "licence": "Seine Lizenz ist {licence}, mit dem Hashwert {digest}.",
        "risk": "Seine Risikoklasse ist: {risk}.",
        "currency": "Erlöse werden in {currency} erwartet.",
        "equal": "{share} % gehen zu gleichen Teilen an die Unterzeichner, nach den Runden, in "
        "denen sie unterzeichnet hatten.",
        "contributed": "{share} % gehen an die Beitragenden, nach den Runden, zu denen sie "
        "beigetragen haben.",
        "patients": "{share} % gehen über die Beitragenden an die Patienten, nach den Runden, zu "
        "denen beigetragen wurde.",
        "weighted": "{share} % gehen nach den hier genannten Gewichten.",
        "weight": "Institution {institution} hat das Gewicht {weight} ({reason}).",
        "payee": "{share} % gehen an {name} ({account}).",
        "remainder": "Was beim Runden übrig bleibt, geht an Institution {institution}.",
        "expires": "Ab {expires} ist niemand mehr berechtigt.",
    },
    words={
        "kinds": {
            "any": "Institutionen jeder Art",
            "hospital": "Krankenhäuser",
            "institute": "Institute",
            "data-trustee": "Datentreuhänder",
            "company": "Unternehmen",
        },
        "sectors": {"any": "öffentlich oder privat", "public": "öffentlich", "private": "privat"},
        "countries": {"any": "jedem Land"},
        "bases": {
            "broad-consent": "der breiten Einwilligung der Patienten (Broad Consent)",
            "study-consent": "der Einwilligung der Patienten in diese Studie",
            "waiver": "dem Verzicht auf eine Einwilligung (Waiver)",
            "legal-basis": "einer Rechtsvorschrift, ohne Einwilligung",
        },
        "levels": {
            "set-checked": "die Beitragenden mit den Berechtigungen abgeglichen wurden",
            "merge-recomputed": "die Zusammenführung nachgerechnet wurde",
        },
        "uses": {"free": "unentgeltlich", "paid": "gegen Entgelt", "none": "gar nicht"},
        "owners": {
            "signatories": "allen Unterzeichnern gemeinsam",
            "contributors": "allen Beitragenden gemeinsam",
            "sponsor": "dem Sponsor",
        },
        "risks": {"minimal": "minimal", "limited": "begrenzt", "high": "hoch"},
        "metrics": {
            "percent-agreement": "einer prozentualen Übereinstimmung",
            "cohen-kappa": "einem Cohens Kappa",
            "fleiss-kappa": "einem Fleiss' Kappa",
            "krippendorff-alpha": "einem Krippendorffs Alpha",
            "dice": "einem Dice-Koeffizienten",
            "jaccard": "einem Jaccard-Koeffizienten",
            "intraclass-correlation": "einer Intraklassen-Korrelation",
        },
        "duo": {
            "DUO:0000004": "keine Einschränkung",
            "DUO:0000006": "Gesundheits-, medizinische oder biomedizinische Forschung",
            "DUO:0000007": "Forschung zu bestimmten Krankheiten",
            "DUO:0000011": "nur Forschung zu Herkunft oder Abstammung von Bevölkerungen",
            "DUO:0000042": "Forschung allgemein",
            "DUO:0000012": "nur Forschung bestimmter Art",
            "DUO:0000015": "keine allgemeine Methodenforschung",
            "DUO:0000016": "nur genetische Studien",
            "DUO:0000018": "nur gemeinnützig und nicht kommerziell",
            "DUO:0000019": "Veröffentlichung verlangt",
            "DUO:0000020": "Zusammenarbeit verlangt",
            "DUO:0000021": "Ethikvotum verlangt",
            "DUO:0000022": "räumliche Beschränkung",
            "DUO:0000024": "Sperrfrist für Veröffentlichungen",
            "DUO:0000025": "zeitliche Beschränkung",
            "DUO:0000026": "nur für bestimmte Nutzer",
            "DUO:0000027": "nur für ein bestimmtes Vorhaben",
            "DUO:0000028": "nur für eine bestimmte Institution",
            "DUO:0000029": "Rückgabe der Ergebnisse an die Datenquelle",
            "DUO:0000043": "Nutzung in der Krankenversorgung",
            "DUO:0000044": "keine Forschung zu Herkunft oder Abstammung von Bevölkerungen",
            "DUO:0000045": "nur für gemeinnützige Organisationen",
            "DUO:0000046": "nur nicht kommerziell",
        },
    },
    counted={
        "signatory": ("{} Unterzeichner", "{} Unterzeichnern"),
        "signature": ("{} Unterschrift", "{} Unterschriften"),
        "contributor": ("{} Beitragender", "{} Beitragende"),
        "institution": ("{} Institution", "{} Institutionen"),
        "d": ("{} Tag", "{} Tage"),
        "h": ("{} Stunde", "{} Stunden"),
        "min": ("{} Minute", "{} Minuten"),
        "s": ("{} Sekunde", "{} Sekunden"),
    },
    conjunctions={"and": "und", "or": "oder"},
    decimal=",",
)
