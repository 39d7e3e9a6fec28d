"""Quix Streams: a streaming dataframe that scores each message. It has no batches across keys.

Its pins exclude those of Tidegate, so it runs in an environment of its own: load/peers/quix.txt.
"""

from collections.abc import Callable, Sequence
from typing import Any

from load.peers.answers import Post, encode, labels_of
from load.peers.arguments import read_arguments, report_ready
from load.peers.onnx_scorer import OnnxScorer

Score = Callable[[Sequence[str]], Any]


def judge(body: Any, score: Score, labels: Sequence[str]) -> bytes:
    """Raises KeyError, TypeError for what is no post."""
    post = Post(body["id"], body["text"])
    return encode(post, labels, score([post.text]).tolist()[0])


def main() -> None:
    from quixstreams import Application

    arguments = read_arguments()
    score = OnnxScorer(arguments.artifact, arguments.threads, arguments.device)
    labels = labels_of(arguments.artifact)
    app = Application(
        broker_address=arguments.bootstrap,
        consumer_group=arguments.prefix,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        commit_interval=1.0,
        producer_extra_config={"linger.ms": 2, "acks": "all"},
        on_processing_error=lambda *_: True,  # what is no post is left out
        loglevel="ERROR",
    )
    posts = app.topic(arguments.posts, key_deserializer="bytes", value_deserializer="json")
    answers = app.topic(arguments.labels, key_serializer="bytes", value_serializer="bytes")
    app.dataframe(posts).apply(lambda body: judge(body, score, labels)).to_topic(answers)
    report_ready()
    app.run()


if __name__ == "__main__":
    main()
