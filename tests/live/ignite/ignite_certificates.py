"""Certificates for the TLS of a test node: an authority, the node's own, a client's, and a stranger's."""

from dataclasses import dataclass
from pathlib import Path

from certificates import Authority
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12
from cryptography.x509 import load_pem_x509_certificate

CERTIFIED_HOST = "localhost"
STORE_PASSWORD = "certificates"


@dataclass(frozen=True)
class Certificates:
    """Files of one test authority; the node's certificate names CERTIFIED_HOST and no address."""

    ca_file: Path
    stranger_ca_file: Path
    client_cert_file: Path
    client_key_file: Path
    key_store: Path
    trust_store: Path
    store_password: str = STORE_PASSWORD


def make_certificates(folder: Path) -> Certificates:
    """Write an authority, a node's key store, a trust store and a client's certificate into a folder."""
    authority = Authority(folder, "Test authority")
    node, client = authority.server(CERTIFIED_HOST), authority.client("client")
    made = Certificates(
        ca_file=authority.file,
        stranger_ca_file=Authority(folder, "Another authority").file,
        client_cert_file=client.certificate,
        client_key_file=client.key,
        key_store=folder / "node.p12",
        trust_store=folder / "trust.p12",
    )
    locked = BestAvailableEncryption(STORE_PASSWORD.encode())
    ca = load_pem_x509_certificate(made.ca_file.read_bytes())
    certificate = load_pem_x509_certificate(node.certificate.read_bytes())
    key = load_pem_private_key(node.key.read_bytes(), password=None)
    made.key_store.write_bytes(pkcs12.serialize_key_and_certificates(b"node", key, certificate, [ca], locked))
    trusted = [pkcs12.PKCS12Certificate(ca, b"authority")]
    made.trust_store.write_bytes(pkcs12.serialize_java_truststore(trusted, locked))
    return made
