"""Apache Kafka's jars and the Java that runs them."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from models.errors import TidegateError

POM = Path(__file__).with_name("pom.xml")
JARS = POM.parent / "jars"


class KafkaUnavailable(TidegateError):
    """Kafka cannot be fetched or started; the message says what to install or shows the end of its log."""


def fetch(pom: Path = POM, jars: Path = JARS) -> Path:
    """Make sure that `jars` holds what `pom` names; does nothing if the last complete fetch was of it."""
    stamp, digest = jars / ".complete", hashlib.sha256(pom.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaUnavailable("Maven (the `mvn` command) was not found: install Maven to fetch Apache Kafka's jars.")
    require_java()
    shutil.rmtree(jars, ignore_errors=True)
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        raise KafkaUnavailable("Maven did not fetch Apache Kafka's jars within 600 s.") from None
    if done.returncode != 0 or not list(jars.glob("kafka_*.jar")):
        raise KafkaUnavailable(f"Maven could not fetch Apache Kafka's jars:\n{(done.stdout + done.stderr)[-2000:]}")
    stamp.write_text(digest)
    return jars


def require_java(minimum: int = 17) -> str:
    """The path of `java`; raises KafkaUnavailable unless it is JDK `minimum` or newer."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None) or shutil.which("java")
    wanted = f"Apache Kafka 4 needs Java {minimum} or newer: install a JDK {minimum}"
    if java is None:
        raise KafkaUnavailable(f"Java (the `java` command) was not found. {wanted}.")
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r'version "(\d+)', shown.stderr + shown.stdout)
    if found is None or int(found[1]) < minimum:
        raise KafkaUnavailable(f"{java} is Java {found[1] if found else 'of an unknown version'}. {wanted}.")
    return java
