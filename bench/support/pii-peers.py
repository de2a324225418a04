"""Answers JSON Lines of texts with what a Python PII engine finds: {"text"} -> {"spans": [[start, end, type]], "ms"}.

Usage: python pii-peers.py ko-pii|maskingtape|presidio. Offsets are code points, types ours; ms is the engine's own time.
"""

import json
import sys
import time

KO_PII = {
    "ACCOUNT": "ACCOUNT", "ADDRESS": "ADDRESS", "BUSINESS_REG": "BRN", "CARD": "CARD", "CORP_REG": "CORP_REG",
    "DRIVER_LICENSE": "DRIVER_LICENSE", "DT_BIRTH": "DOB", "EMAIL": "EMAIL", "FRN": "FRN", "IP": "IP",
    "MEDICAL_INSURANCE": "HEALTH_INS", "PASSPORT": "PASSPORT", "PERSON": "PERSON", "PHONE": "PHONE", "RRN": "RRN",
    "VEHICLE": "VEHICLE",
}  # fmt: skip
MASKINGTAPE = {
    "account": "ACCOUNT", "address": "ADDRESS", "birth_date": "DOB", "biz_reg": "BRN", "card": "CARD",
    "driver_license": "DRIVER_LICENSE", "email": "EMAIL", "name": "PERSON", "passport": "PASSPORT", "phone": "PHONE",
    "rrn": "RRN",
}  # fmt: skip
PRESIDIO = {
    "KR_RRN": "RRN", "KR_FRN": "FRN", "KR_BRN": "BRN", "KR_DRIVER_LICENSE": "DRIVER_LICENSE", "KR_PASSPORT": "PASSPORT",
    "CREDIT_CARD": "CARD", "EMAIL_ADDRESS": "EMAIL", "IP_ADDRESS": "IP", "PHONE_NUMBER": "PHONE",
}  # fmt: skip


def ko_pii():
    from ko_pii import detect_all

    return lambda text: [(d.start, d.end, KO_PII.get(str(getattr(d.label, "value", d.label)))) for d in detect_all(text)]


def maskingtape():
    from maskingtape import Pipeline

    scan = Pipeline().scan
    return lambda text: [(d.start, d.end, MASKINGTAPE.get(d.kind)) for d in scan(text)]


def presidio():
    """The recognisers alone, without a spaCy model: those of Korea and the general ones."""
    import presidio_analyzer.predefined_recognizers as predefined

    names = ["KrRrn", "KrFrn", "KrBrn", "KrDriverLicense", "KrPassport", "CreditCard", "Email", "Ip"]
    recognizers = [getattr(predefined, f"{name}Recognizer")(supported_language="ko") for name in names]
    recognizers.append(predefined.PhoneRecognizer(supported_language="ko", supported_regions=["KR"]))

    def find(text):
        found = [hit for each in recognizers for hit in each.analyze(text, each.supported_entities, None) or []]
        return [(hit.start, hit.end, PRESIDIO.get(hit.entity_type)) for hit in found if hit.score >= 0.3]

    return find


ENGINES = {"ko-pii": (ko_pii, KO_PII), "maskingtape": (maskingtape, MASKINGTAPE), "presidio": (presidio, PRESIDIO)}
load, types = ENGINES[sys.argv[1]]
engine = load()
print(json.dumps({"types": sorted(set(types.values()))}), flush=True)
for line in sys.stdin:
    text = json.loads(line)["text"]
    start = time.perf_counter()
    spans = engine(text)
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"spans": [span for span in spans if span[2]], "ms": ms}), flush=True)
