"""How Prometheus makes an HTTP request: TLS, credentials, proxy.

Prometheus refuses its whole configuration for two kinds of credentials at once, so that is checked here.
Source: prometheus/common, config/http_config.go, HTTPClientConfig.Validate.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from prom_operator.api.shared import Authorization, BasicAuth, HttpClient, OAuth2, TlsConfig
from prom_operator.configuration.context import Context
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.references import Values, refers

CERTIFICATES = "/etc/prometheus/certs"
_TLS_ORDER = ("TLS10", "TLS11", "TLS12", "TLS13")


def proxy_and_redirects(given: HttpClient, context: Context) -> dict[str, Any]:
    """The settings that hold no credentials."""
    said: dict[str, Any] = {}
    if given.proxy_url is not None:
        said["proxy_url"] = url(given.proxy_url, "proxyUrl")
    if context.since(2, 43):
        if given.no_proxy is not None and given.proxy_url is not None:
            said["no_proxy"] = given.no_proxy
        if given.proxy_from_environment is not None and given.proxy_url is None:
            said["proxy_from_environment"] = given.proxy_from_environment
    if given.follow_redirects is not None and context.since(2, 26):
        said["follow_redirects"] = given.follow_redirects
    if given.enable_http2 is not None and context.since(2, 35):
        said["enable_http2"] = given.enable_http2
    return said


def credentials(given: HttpClient, tls_config: TlsConfig | None, context: Context, values: Values) -> dict[str, Any]:
    """TLS and who Prometheus says it is."""
    _one_of(given)
    said: dict[str, Any] = {}
    if given.oauth2 is not None and context.since(2, 27):
        said["oauth2"] = _oauth2(given.oauth2, context, values)
    if tls_config is not None:
        said["tls_config"] = tls(tls_config, context, values)
    if given.bearer_token_file:
        said["bearer_token_file"] = _file_allowed(given.bearer_token_file, "bearerTokenFile", context, values)
    if given.bearer_token_secret is not None and given.bearer_token_secret.name:
        said["bearer_token"] = values.secret(given.bearer_token_secret, "bearerTokenSecret")
    if given.basic_auth is not None:
        said["basic_auth"] = basic_auth(given.basic_auth, values)
    if given.authorization is not None and context.since(2, 26):
        said["authorization"] = authorization(given.authorization, context, values)
    return said


def _one_of(given: HttpClient) -> None:
    named = [
        name
        for name, value in (
            ("basicAuth", given.basic_auth),
            ("authorization", given.authorization),
            ("oauth2", given.oauth2),
            ("bearerTokenFile", given.bearer_token_file),
            ("bearerTokenSecret", given.bearer_token_secret and given.bearer_token_secret.name),
        )
        if value
    ]
    if len(named) > 1:
        raise LeftOut("ConflictingCredentials", f"{' and '.join(named)} are set: keep one of them")


def basic_auth(given: BasicAuth, values: Values) -> dict[str, str]:
    """User name and password, inline: the configuration is kept in a Secret."""
    return {
        "username": values.secret(given.username, "basicAuth.username") if given.username else "",
        "password": values.secret(given.password, "basicAuth.password") if given.password else "",
    }


def authorization(given: Authorization, context: Context, values: Values) -> dict[str, str]:
    """The Authorization header."""
    kind = given.type.strip() or "Bearer"
    if kind.lower() == "basic":
        raise LeftOut("InvalidAuthorization", "authorization.type: Basic is not possible here, use basicAuth")
    if given.credentials is not None and given.credentials_file:
        raise LeftOut("ConflictingCredentials", "authorization: credentials and credentialsFile are set: keep one")
    said = {"type": kind}
    if given.credentials is not None:
        said["credentials"] = values.secret(given.credentials, "authorization.credentials")
    if given.credentials_file:
        where = "authorization.credentialsFile"
        said["credentials_file"] = _file_allowed(given.credentials_file, where, context, values)
    return said


def tls(given: TlsConfig, context: Context, values: Values, where: str = "tlsConfig") -> dict[str, Any]:
    """A tls_config; what comes from Secrets and ConfigMaps becomes files."""
    said: dict[str, Any] = {}
    if given.insecure_skip_verify is not None:
        said["insecure_skip_verify"] = given.insecure_skip_verify
    for name, key, path in (
        ("ca", given.ca, given.ca_file),
        ("cert", given.cert, given.cert_file),
        ("key", given.key_secret, given.key_file),
    ):
        if key is not None and refers(key):
            if path:
                raise LeftOut("InvalidTLS", f"{where}: {name} comes from a file and from a reference: keep one")
            said[f"{name}_file"] = f"{CERTIFICATES}/{values.file(key, f'{where}.{name}')}"
        elif path:
            said[f"{name}_file"] = _file_allowed(path, f"{where}.{name}File", context, values)
    if ("cert_file" in said) != ("key_file" in said):
        raise LeftOut("InvalidTLS", f"{where}: a client certificate needs its key, and the other way round")
    if given.server_name:
        said["server_name"] = given.server_name
    low, high = given.min_version, given.max_version
    if low and high and _TLS_ORDER.index(low) > _TLS_ORDER.index(high):
        raise LeftOut("InvalidTLS", f"{where}: minVersion {low} is above maxVersion {high}")
    if low is not None and context.since(2, 35):
        said["min_version"] = low
    if high is not None and context.since(2, 41):
        said["max_version"] = high
    return said


def _file_allowed(path: str, where: str, context: Context, values: Values) -> str:
    """Monitors may be kept from naming files: with them they could read the Prometheus's own token."""
    if values.from_monitor and context.spec.arbitrary_fs_access_through_sms.deny:
        raise LeftOut(
            "FileAccessDenied", f"{where}: arbitraryFSAccessThroughSMs.deny is set; use a reference to a Secret"
        )
    return path


def _oauth2(given: OAuth2, context: Context, values: Values) -> dict[str, Any]:
    said: dict[str, Any] = {
        "client_id": values.either(given.client_id, "oauth2.clientId"),
        "client_secret": values.secret(given.client_secret, "oauth2.clientSecret"),
        "token_url": url(given.token_url, "oauth2.tokenUrl"),
    }
    if given.scopes:
        said["scopes"] = list(given.scopes)
    if given.endpoint_params:
        said["endpoint_params"] = dict(sorted(given.endpoint_params.items()))
    if context.since(2, 43):
        if given.proxy_url is not None:
            said["proxy_url"] = url(given.proxy_url, "oauth2.proxyUrl")
        if given.tls_config is not None:
            said["tls_config"] = tls(given.tls_config, context, values, "oauth2.tlsConfig")
    return said


def url(text: str, where: str) -> str:
    """A URL that Prometheus will take. Raises LeftOut for another."""
    try:
        parts = urlsplit(text)
        sound = bool(parts.scheme and parts.netloc) and (parts.port is None or parts.port >= 0)
    except ValueError:
        sound = False
    if not sound or any(c.isspace() or ord(c) < 0x20 or ord(c) == 0x7F for c in text):
        raise LeftOut("InvalidURL", f"{where}: {text!r} is not a URL with scheme and host")
    return text
