"""Certificates for the TLS of a test node: an authority, the node's own, a client's, and a stranger's."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

CERTIFIED_HOST = "localhost"
STORE_PASSWORD = "certificates"

Key = rsa.RSAPrivateKey


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
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(
        ca_file=folder / "ca.pem",
        stranger_ca_file=folder / "stranger.pem",
        client_cert_file=folder / "client.pem",
        client_key_file=folder / "client.key",
        key_store=folder / "node.p12",
        trust_store=folder / "trust.p12",
    )
    authority, authority_key = _authority("Test authority")
    stranger, _ = _authority("Another authority")
    node, node_key = _signed(CERTIFIED_HOST, authority, authority_key)
    client, client_key = _signed("client", authority, authority_key)
    made.ca_file.write_bytes(authority.public_bytes(Encoding.PEM))
    made.stranger_ca_file.write_bytes(stranger.public_bytes(Encoding.PEM))
    made.client_cert_file.write_bytes(client.public_bytes(Encoding.PEM))
    made.client_key_file.write_bytes(client_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    locked = BestAvailableEncryption(STORE_PASSWORD.encode())
    chain = pkcs12.serialize_key_and_certificates(b"node", node_key, node, [authority], locked)
    made.key_store.write_bytes(chain)
    trusted = [pkcs12.PKCS12Certificate(authority, b"authority")]
    made.trust_store.write_bytes(pkcs12.serialize_java_truststore(trusted, locked))
    return made


def _authority(name: str) -> tuple[x509.Certificate, Key]:
    key = _new_key()
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        _draft(_named(name), _named(name), key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256()), key


def _signed(host: str, authority: x509.Certificate, signer: Key) -> tuple[x509.Certificate, Key]:
    key = _new_key()
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = (
        _draft(_named(host), authority.subject, key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(known, critical=False)
    )
    return builder.sign(signer, hashes.SHA256()), key


def _draft(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
    )


def _new_key() -> Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
