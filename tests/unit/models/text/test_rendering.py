"""The canonical line of a symptom record."""

from __future__ import annotations

from models.text.rendering import SymptomFields, render_symptoms


def test_fields_come_before_the_complaint_in_a_fixed_order() -> None:
    fields = SymptomFields(
        "crushing pain", age=67, sex="male", body_part="chest", heart_rate=118, systolic=86.0, temperature=36.65,
        saturation=98, pain=9, injury=False, arrival="walking", consciousness="alert",
    )  # fmt: skip
    assert render_symptoms(fields).text == (
        "age 67 elderly | sex male | body part chest | heart rate 118 high | systolic 86 low | temperature 36.6 | "
        "saturation 98 | pain 9 of 10 | injury no | arrival walking | consciousness alert | complaint: crushing pain"
    )


def test_complaint_start_points_at_the_complaint() -> None:
    rendered = render_symptoms(SymptomFields("咳嗽", age=0.5, symptoms=("fever",)))
    assert rendered.text[rendered.complaint_start :] == "咳嗽; fever"
    assert rendered.text.startswith("age 0.5 infant | ")


def test_bare_complaint_and_bare_list() -> None:
    assert render_symptoms(SymptomFields("cough")).text == "complaint: cough"
    assert render_symptoms(SymptomFields("", symptoms=("cough", "fever"))).text == "complaint: cough, fever"
