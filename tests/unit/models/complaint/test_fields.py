"""Numbers of the text stand in the model's line, the same in training as in serving."""

from models.complaint import with_numbers
from models.text.rendering import SymptomFields, render_symptoms
from schemas import SymptomRecord
from streams.tasks.symptoms.line import rendered


def test_a_number_stands_in_for_a_missing_field_alone() -> None:
    fields = with_numbers(SymptomFields("my 3 week old, temp 38.6C, HR 170", heart_rate=165.0))

    assert (fields.heart_rate, fields.temperature) == (165.0, 38.6)
    assert fields.age is not None
    assert round(fields.age * 365.25) == 21


def test_listed_symptoms_have_numbers_too() -> None:
    assert with_numbers(SymptomFields("", symptoms=("SpO2 88 %",))).saturation == 88


def test_serving_writes_the_line_that_training_reads() -> None:
    text = "BP 70 over 40, weak"
    line = render_symptoms(with_numbers(SymptomFields(text))).text

    assert rendered(SymptomRecord(id="s", text=text)).text == line
    assert "systolic 70 low" in line
