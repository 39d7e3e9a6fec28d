"""The same cluster behind SASL, TLS and ACLs, for tests of who gets in: one node, KRaft's own authoriser.

Its plain listener stays, on loopback, and may do everything: a test looks at the truth through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from load.kafka.cluster import LocalKafka
from load.kafka.config import Node

_SCRAM: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_OAUTH: Final = (
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
    'unsecuredLoginStringClaim_sub="broker";'
)


class SecuredKafka(LocalKafka):
    """Listeners: `scram` (SASL_SSL), `oauth` (SASL_SSL, tokens without a signature), `mutual` (TLS on both sides).

    Args:
        keystore: PEM file with the broker's key and certificate.
        truststore: PEM file with the authority of the clients' certificates.
        passwords: of the SCRAM users.
    """

    def __init__(self, keystore: Path, truststore: Path, passwords: Mapping[str, str]) -> None:
        super().__init__(spare_ports=3)
        self._keystore, self._truststore = keystore, truststore
        self._ports = dict(zip(("SCRAM", "OAUTH", "MUTUAL"), self.spare_ports, strict=False))
        self.format_options = [
            option
            for name, password in passwords.items()
            for option in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
        ]

    def address(self, listener: str, host: str = "localhost") -> str:
        return f"{host}:{self._ports[listener.upper()]}"

    def properties_of(self, node: Node) -> dict[str, object]:
        own = [f"{name}://127.0.0.1:{port}" for name, port in self._ports.items()]
        told = [f"{name}://localhost:{port}" for name, port in self._ports.items()]
        protocols = "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,OAUTH:SASL_SSL,MUTUAL:SSL"
        plain = f"BROKER://{node.address}"
        return {
            "listeners": ",".join([plain, f"CONTROLLER://127.0.0.1:{node.controller_port}", *own]),
            "advertised.listeners": ",".join([plain, *told]),
            "listener.security.protocol.map": protocols,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._keystore,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self._truststore,
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
            "listener.name.mutual.ssl.client.auth": "required",
            "listener.name.scram.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.scram.scram-sha-512.sasl.jaas.config": _SCRAM,
            "listener.name.oauth.sasl.enabled.mechanisms": "OAUTHBEARER",
            "listener.name.oauth.oauthbearer.sasl.jaas.config": _OAUTH,
        }
