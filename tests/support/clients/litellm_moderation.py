"""LiteLLM, with another base URL."""

from __future__ import annotations

import asyncio
import sys

import litellm


async def main(url: str, key: str) -> None:
    to = {"model": "omni-moderation-latest", "api_base": f"{url}/v1", "api_key": key}
    one = litellm.moderation(input="you are an idiot", **to)
    assert one.results[0].flagged
    assert None not in one.results[0].category_scores.values()
    several = await litellm.amoderation(input=["what a day", "you are an idiot"], **to)
    assert [result.flagged for result in several.results] == [False, True]


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
