"""Promise 8: nobody's text, author id or symptom in the logs, at the loudest level."""

import pytest

from tests.support.bench import Bench
from tests.support.policies import write_policy
from tests.support.records import post, symptom_record
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(120)

SECRETS = {
    "text": "zebrafinch",
    "author": "QuillAuthor77",
    "key": "QuillKey88",
    "patient": "PatientNobody99",
    "symptom": "collywobbles",
    "bad value": "walrusbroth",
    "header": "heronheader",
    "post id": "PelicanPost11",
    "body part": "elbowpit",
}


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_logs_hold_nothing_of_the_records(bench: Bench, log_format: str) -> None:
    await bench.create_topics()
    policy = write_policy(bench.folder, action="limit", severe=True, offender_posts=2, wave_authors=2, alert_level=5)
    worker = await bench.start_worker(log_level="DEBUG", log_format=log_format, policy=policy)
    drafts = [_post(bench, i) for i in range(8)] + [_symptoms(bench, i) for i in range(4)]
    drafts += _bad(bench)

    answers = await bench.answers(await bench.send(drafts))
    answers.assert_exactly_once()
    wanted = {"severe_post", "urgent_patient", "repeat_offender", "spam_wave"}
    alerts = await bench.read(["alerts"], until=lambda outputs: wanted <= {each.body["kind"] for each in outputs})
    assert worker.stop() == 0

    assert {each.body["kind"] for each in alerts} == wanted
    log = worker.log.read_text("utf-8", "replace").lower()
    assert "debug" in log, "the loudest level was not on"
    told = {what for what, secret in SECRETS.items() if secret.lower() in log}
    assert not told


def _post(bench: Bench, i: int) -> Draft:
    text = f"the {SECRETS['text']} flew over the same old house and sang a song to everybody {i}"
    author = f"{SECRETS['author']}-{i // 4}"
    value = post(f"{SECRETS['post id']}-{i}", text, author=author)
    return Draft(bench.topic("posts"), value, SECRETS["key"].encode(), (("x", SECRETS["header"].encode()),))


def _symptoms(bench: Bench, i: int) -> Draft:
    fields = {"patient": SECRETS["patient"], "body_part": SECRETS["body part"], "age": 40 + i}
    value = symptom_record(f"{SECRETS['post id']}-s{i}", f"the {SECRETS['symptom']} came back {i}", **fields)
    return Draft(bench.topic("symptoms"), value, SECRETS["patient"].encode())


def _bad(bench: Bench) -> list[Draft]:
    secret = SECRETS["bad value"].encode()
    values = [
        secret,
        b'{"id":"1","text":"' + secret,
        b'{"id":"1","text":["' + secret + b'"]}',
        b'{"id":"' + secret + b'","text":""}',
        b'{"id":"1","text":"' + secret + b'\xff"}',
        b'{"id":{"' + secret + b'":1},"text":"a"}',
    ]
    drafts = [Draft(bench.topic("posts"), value, secret, (("h", secret),)) for value in values]
    age = symptom_record("1", SECRETS["symptom"], age=999, patient=SECRETS["patient"])
    return [*drafts, Draft(bench.topic("symptoms"), age, secret)]
