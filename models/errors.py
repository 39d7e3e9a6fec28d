"""Everything that Tidegate raises on purpose: one tree, and each message is one sentence for people.

Exit codes stand behind the errors that do not end a command with 1.

TidegateError
├── ArtifactError                a folder is no model that may be served
│   └── UnsafeGraphError         its graph would read other files, or run what is not the runtime's own
├── ServingError
│   ├── DeviceError              the device asked for is not there or does not run (2)
│   ├── InferenceError           the engine failed on this record, alone in its batch
│   └── EngineLostError          the engine is gone
├── EvaluationError              data cannot be evaluated with this model (2)
├── RecipeError                  a recipe, or the data it names, cannot be used (2)
├── SentenceError                a line of a sentence file cannot be used (2)
├── SittingOver                  the minutes of a sitting are used up; the run goes on when it is started again (3)
├── NoExporterError              what makes an artifact of trained networks is not installed here
├── ParityError                  an exported graph decides differently from its network
├── PictureError                 a picture cannot be looked at
├── PictureFolderError           a folder of pictures by class cannot be used (2)
├── NoPicturesError              pictures are asked for, and what looks at them is not installed (2)
├── StoreError                   the picture store cannot be used as it is set up (2)
├── KnownPicturesError           the list of known pictures cannot be used (2)
├── SettingsError                a setting is wrong (2)
├── PolicyError                  the policy file cannot be used (2)
├── ProtocolError                the triage protocol cannot be used (2)
├── KeysError                    the file of keys cannot be used (2)
├── ListenError                  an HTTP server cannot listen: the gateway, or metrics (2)
├── ClientError                  something between a program and the broker; catch this one around the client
│   ├── BrokerUnreachableError   no broker answered in time
│   ├── NotAuthorisedError       the broker refused the credentials or the operation
│   ├── CertificateError         no TLS: the broker's certificate is not accepted, or no version is in common
│   ├── TopicMissingError        a topic does not exist (`tidegate topics create`), or may not be seen
│   ├── InvalidRecordError       the record does not fit its schema; it was not sent
│   ├── ConflictError            somebody else made a change that this one would overwrite unseen
│   ├── NotAcknowledgedError     the record was sent, but no broker took it in time
│   ├── BatchTooLargeError       a compressed batch unpacks to more than is held in memory
│   └── CodecMissingError        compressed batches cannot be read with what is installed here
├── SourceError                  what a change names cannot be fetched, or is not what was asked for
├── ProgressError                the file of what a command has done cannot be used (2)
├── EmbeddedBrokerError          the embedded broker did not start, or ended early
├── BatchUnreadableError         a batch cannot be read and does not say where it ends
├── StuckError                   nothing was finished for too long
├── AgentEndedError              the stream of an input topic ended by itself
├── PublishError                 an output was not acknowledged
├── DeadLetterLimitExceeded      too much of a partition became dead letters
├── DemoError                    the demo could not be run
├── KafkaUnavailable             no Apache Kafka can be started on this machine
└── WorkerFailed                 a worker under measurement ended or did not do its part

`schemas.InvalidRecord` and the gateway's `Refusal` are no part of it: they are the answers to a record and to a
request, never the end of a command. Nor is `Killed`, with which the fault suite ends a thread that nothing may save.
"""

from __future__ import annotations

import traceback
from typing import ClassVar


class TidegateError(Exception):
    """Root of the tree. `str(error)` is one sentence that can be shown as it is."""

    exit_code: ClassVar[int] = 1
    """With which a command ends: 2 where the user's input is wrong, 3 where there is more to do, 1 for the rest."""


class ArtifactError(TidegateError):
    """The folder is not an artifact that may be activated."""


def place_of(error: BaseException) -> str:
    """Type and line of an error. Never its message, which may quote a record (promise 8)."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
