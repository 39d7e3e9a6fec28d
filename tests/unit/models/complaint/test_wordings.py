"""English as strangers write it: words in another sense, dangers that never were, and dangers in other words."""

import pytest

from models.complaint import Assertion, PhraseFinder


def counts(text: str, finding: str) -> bool:
    said = {one.assertion for one in PhraseFinder.load().find(text) if one.finding == finding}
    return not said.isdisjoint({Assertion.PRESENT, Assertion.POSSIBLE})


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("the optician cannot see him before Monday", "vision_loss", False),
        ("I can't see why I need this blood test", "vision_loss", False),
        ("I can't see my hand in front of my face", "vision_loss", True),
        ("I cannot see the television any more", "vision_loss", True),
        ("my shoulder has seized up after the gym", "seizure", False),
        ("seized the chance to ask about my acne", "seizure", False),
        ("he seized up and started shaking all over", "seizure", True),
        ("by a stroke of pure luck I only grazed my knee", "stroke", False),
        ("cut my thumb washing up the knife in the sink", "penetrating_wound", False),
        ("he has a knife in his back", "penetrating_wound", True),
        ("the knife went in about two inches", "penetrating_wound", True),
        ("the smoke came from burned dinner", "burn", False),
        ("he has stopped breathing so hard now", "not_breathing", False),
        ("he has stopped breathing", "not_breathing", True),
        ("no pulse in her right ankle", "no_pulse", False),
        ("no pulse in her right ankle", "cold_limb", True),
        ("cannot find a pulse", "no_pulse", True),
        ("cannot find a pulse in his wrist", "no_pulse", True),
        ("crushing pressure on my chest", "crush_injury", False),
        ("a beam crushed his chest", "crush_injury", True),
        ("pain started two days back in my elbow", "back_pain", False),
        ("severe pain in my back", "back_pain", True),
        ("hurt myself playing netball", "suicidal_thoughts", False),
        ("I want to hurt myself", "suicidal_thoughts", True),
    ],
)
def test_an_everyday_word_is_no_danger(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("petrified that I will catch meningitis one day", "stiff_neck", False),
        ("worried she will have another seizure", "seizure_ongoing", False),
        ("scared I could have a heart attack like my brother", "chest_pain", False),
        ("worried I might have sepsis, fever and shaking", "sepsis", True),
        ("worried I have a blood clot", "one_calf_painful", True),
        ("nearly had a fit when I heard the price", "seizure", False),
        ("I nearly had a seizure this morning", "seizure", True),
        ("thought he had swallowed bleach but the cap was still sealed", "poison", False),
        ("thought she had a stroke but her arm is still weak", "stroke", True),
    ],
)
def test_what_is_dreaded_or_only_nearly_was_does_not_count(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("nothing in the way of breathlessness, chest pain or fainting", "fainting", False),
        ("none of the following: chest pain, sweating, collapse", "fainting", False),
        ("Breathless? Not at all. Chest pain? Never.", "breathlessness", False),
        ("Seizures? Nope, never. Sore toe.", "seizure", False),
        ("Chest pain? No, more of a pressure", "chest_pain", True),
        ("she is not going to kill herself, just tired", "suicidal_thoughts", False),
        ("I wouldn't ever hurt myself", "suicidal_thoughts", False),
        ("I'm going to kill myself", "suicidal_thoughts", True),
        ("I can't promise I won't hurt myself", "suicidal_thoughts", True),
        ("not sure that I won't kill myself", "suicidal_thoughts", True),
        ("I don't trust myself not to end my life", "suicidal_thoughts", True),
        ("why wouldn't I kill myself", "suicidal_thoughts", True),
    ],
)
def test_a_denial_in_other_words_is_one_and_a_doubt_is_none(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("sepsis from a kidney infection last year, wants travel jabs", "sepsis", False),
        ("anaphylaxis to wasps in 2015, needs a new pen", "anaphylaxis", False),
        ("back pain from a fall last year", "back_pain", True),
        ("chest pain after the operation last month", "chest_pain", True),
        ("dog bite scar itches", "animal_bite", False),
        ("scar from a stab wound aches in the cold", "penetrating_wound", False),
        ("a stab wound, he is scared", "penetrating_wound", True),
        ("Her nan had a stroke, she has come about a mole", "stroke", False),
        ("His mother-in-law had a heart attack, he wants his cholesterol checked", "chest_pain", False),
        ("our granny had a seizure last week, I'm here for my ears", "seizure", False),
        ("our granny had a seizure an hour ago", "seizure", True),
    ],
)
def test_what_is_over_or_a_relatives_does_not_count(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there
