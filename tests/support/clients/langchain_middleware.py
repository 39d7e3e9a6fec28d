"""LangChain's moderation middleware around an agent, with a client that has another base URL."""

from __future__ import annotations

import sys

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_openai.middleware import OpenAIModerationMiddleware
from openai import OpenAI


def main(url: str, key: str) -> None:
    client = OpenAI(base_url=f"{url}/v1", api_key=key)
    moderation = OpenAIModerationMiddleware(client=client, exit_behavior="end")
    model = GenericFakeChatModel(messages=iter([AIMessage("Fine."), AIMessage("Fine.")]))
    agent = create_agent(model, tools=[], middleware=[moderation])
    for text, expected in (("what a day", "Fine."), ("you are an idiot", "harassment")):
        answer = agent.invoke({"messages": [{"role": "user", "content": text}]})
        assert expected in answer["messages"][-1].content


if __name__ == "__main__":
    main(*sys.argv[1:])
