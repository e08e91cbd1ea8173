"""Settings: environment variables, or the same names in lower case without `FS_` in `settings.toml`.

The environment wins over the file. An unknown name is an error, so that a typing mistake never
silently means "the default".
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from fediverse_support.core.errors import Misconfigured

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_ON = {"on", "true", "yes", "1"}
_ADDRESS = r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}"
_OFF = {"off", "false", "no", "0"}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that an operator may set; the names and defaults are those of `docs/settings.md`."""

    domain: str
    origin: str = ""
    bind: str = "127.0.0.1:8000"
    tls_cert: str = ""
    tls_key: str = ""
    trusted_proxies: str = "127.0.0.1"
    data_dir: str = "~/.local/share/fediverse-support"
    database_url: str = ""
    secret_key_file: str = ""
    outbound_allow_private: str = ""
    outbound_ca_file: str = ""
    outbound_allow_http: bool = False
    workers: int = 8
    delivery_concurrency: int = 64
    database_pool: int = 10
    registration: Literal["open", "approval", "invite", "closed"] = "approval"
    smtp_url: str = ""
    media_url: str = ""
    facts_days: int = 30
    facts_text_days: int = 7
    log: Literal["", "text", "json"] = ""
    metrics: str = "off"
    migrate: bool = True

    @property
    def data_path(self) -> Path:
        """`data_dir` with `~` resolved."""
        return Path(self.data_dir).expanduser()

    @property
    def secret_key_path(self) -> Path:
        """Where the key that protects secrets at rest lies."""
        return (
            Path(self.secret_key_file).expanduser() if self.secret_key_file else self.data_path / "secret.key"
        )

    @property
    def private_networks(self) -> tuple[IPNetwork, ...]:
        """The private networks that outbound requests may reach (test networks only)."""
        return tuple(ipaddress.ip_network(part) for part in _listed(self.outbound_allow_private))

    @property
    def proxies(self) -> tuple[str, ...]:
        """The addresses whose `X-Forwarded-*` headers are believed."""
        return tuple(_listed(self.trusted_proxies))

    @property
    def is_test_network(self) -> bool:
        """Whether this instance may use a port in its name: only where private networks are allowed."""
        return bool(self.outbound_allow_private)

    @property
    def is_secure(self) -> bool:
        """Whether the outside reaches us by https."""
        return self.origin.startswith("https://")


def load(environment: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings from `environment` and `file` (by default `FS_SETTINGS` or `./settings.toml`).

    Raises `Misconfigured`, naming the setting and what it should be.
    """
    environment = os.environ if environment is None else environment
    named = environment.get("FS_SETTINGS")
    if named and not _is_file(named):
        raise Misconfigured(f"FS_SETTINGS names {named}, and there is no such file that we may read.")
    values = _from_file(file or Path(named or "settings.toml")) | _from_environment(environment)
    if not values.get("domain"):
        raise Misconfigured(
            "FS_DOMAIN is not set. Set it to the name of this community's server, for example garden.example."
        )
    values.setdefault("origin", f"https://{values['domain']}")
    try:
        settings = msgspec.convert(values, Settings, strict=False)
        settings.private_networks  # noqa: B018  (read here so that a bad CIDR stops the start)
    except (msgspec.ValidationError, ValueError) as error:
        raise Misconfigured(f"A setting cannot be read: {error}. See docs/settings.md.") from None
    return _checked(settings)


def _from_file(file: Path) -> dict[str, object]:
    if not file.is_file():
        return {}
    try:
        found: dict[str, object] = msgspec.toml.decode(file.read_bytes())
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise Misconfigured(f"{file} is not valid TOML: {error}") from None
    return {name: _switch(name, value) for name, value in found.items() if _known(name, str(file))}


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for variable, value in environment.items():
        name = variable[3:].lower() if variable.startswith("FS_") else ""
        if name and name != "settings" and _known(name, "the environment", variable):
            found[name] = _switch(name, value)
    if environment.get("DATABASE_URL"):
        found["database_url"] = environment["DATABASE_URL"]
    return found


def _known(name: str, place: str, shown: str = "") -> bool:
    if name not in Settings.__struct_fields__:
        raise Misconfigured(f"{shown or name} in {place} is not a setting. docs/settings.md lists them all.")
    return True


def _switch(name: str, value: object) -> object:
    if name not in ("outbound_allow_http", "migrate") or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _ON | _OFF:
        raise Misconfigured(f"FS_{name.upper()} must be on or off, not {word!r}.")
    return word in _ON


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _checked(settings: Settings) -> Settings:
    _check_names(settings)
    _check_files(settings)
    for name in ("workers", "delivery_concurrency", "database_pool"):
        if getattr(settings, name) < 1:
            raise Misconfigured(f"FS_{name.upper()} must be 1 or more.")
    if not 0 <= settings.facts_text_days <= settings.facts_days <= 365:
        raise Misconfigured("FS_FACTS_DAYS is 0 to 365 days, FS_FACTS_TEXT_DAYS at most as many.")
    if not re.fullmatch(_ADDRESS + "|unix:/.+", settings.bind):
        raise Misconfigured(f"FS_BIND must look like 127.0.0.1:8000 or unix:/path, not {settings.bind!r}.")
    if not re.fullmatch(_ADDRESS + "|off", settings.metrics):
        raise Misconfigured(f"FS_METRICS must be off or look like 127.0.0.1:9100, not {settings.metrics!r}.")
    return settings


def _check_names(settings: Settings) -> None:
    origin = re.fullmatch(r"(https?)://([a-z0-9.-]+)(:\d{1,5})?", settings.origin)
    if origin is None:
        raise Misconfigured("FS_ORIGIN must look like https://garden.example, in lower case, with no path.")
    has_port = bool(origin[3]) or ":" in settings.domain
    if (origin[1] == "http" or has_port) and not settings.is_test_network:
        raise Misconfigured(
            "Plain http or a port in FS_ORIGIN or FS_DOMAIN is for test networks only: "
            "they need FS_OUTBOUND_ALLOW_PRIVATE."
        )


def _check_files(settings: Settings) -> None:
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise Misconfigured("FS_TLS_CERT and FS_TLS_KEY go together: set both or neither.")
    for name in ("tls_cert", "tls_key", "outbound_ca_file"):
        if (path := getattr(settings, name)) and not _is_file(path):
            raise Misconfigured(
                f"FS_{name.upper()} names {path}, and there is no such file that we may read."
            )


def _is_file(path: str) -> bool:
    try:
        return Path(path).expanduser().is_file() and os.access(Path(path).expanduser(), os.R_OK)
    except OSError:
        return False
