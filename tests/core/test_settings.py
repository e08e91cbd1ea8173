import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Misconfigured
from fediverse_support.core.settings import Settings, load

NOWHERE = Path("/nowhere/settings.toml")
TEST_NETWORK = {"FS_OUTBOUND_ALLOW_PRIVATE": "127.0.0.0/8"}


def loaded(file: Path = NOWHERE, **environment: str) -> Settings:
    return load({"FS_DOMAIN": "garden.example"} | environment, file)


def refusal(file: Path = NOWHERE, **environment: str) -> str:
    with pytest.raises(Misconfigured) as trouble:
        loaded(file, **environment)
    return trouble.value.message


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text)
    return file


def test_a_domain_is_needed():
    with pytest.raises(Misconfigured, match="FS_DOMAIN is not set"):
        load({}, NOWHERE)
    assert "FS_DOMAIN is not set" in refusal(FS_DOMAIN="")


def test_an_unknown_name_in_the_environment_is_refused_and_named():
    assert "FS_DOMIAN" in refusal(FS_DOMIAN="garden.example")


def test_an_unknown_name_in_the_file_is_refused_and_named(tmp_path):
    file = written(tmp_path, 'domian = "garden.example"\n')
    message = refusal(file)
    assert "domian" in message
    assert str(file) in message


def test_names_in_the_file_have_no_prefix(tmp_path):
    assert "FS_DOMAIN" in refusal(written(tmp_path, 'FS_DOMAIN = "garden.example"\n'))


def test_a_file_that_is_not_toml_is_refused(tmp_path):
    assert "not valid TOML" in refusal(written(tmp_path, "domain = garden"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FS_DATABASE_POOL", "ten"),
        ("FS_DELIVERY_CONCURRENCY", "many"),
        ("FS_REGISTRATION", "everybody"),
        ("FS_LOG", "xml"),
        ("FS_OUTBOUND_ALLOW_PRIVATE", "localhost"),
        ("FS_OUTBOUND_ALLOW_PRIVATE", "127.0.0.1/99"),
        ("FS_OUTBOUND_ALLOW_HTTP", "perhaps"),
        ("FS_MIGRATE", "2"),
        ("FS_DATABASE_POOL", "0"),
        ("FS_WORKERS", "-1"),
        ("FS_BIND", "8000"),
        ("FS_BIND", "127.0.0.1"),
        ("FS_BIND", "unix:here"),
        ("FS_METRICS", "on"),
        ("FS_METRICS", "9100"),
        ("FS_TLS_CERT", "/nowhere/it.pem"),
        ("FS_OUTBOUND_CA_FILE", "/nowhere/ca.pem"),
        ("FS_ORIGIN", "garden.example"),
        ("FS_ORIGIN", "https://garden.example/"),
        ("FS_ORIGIN", "https://garden.example/here"),
        ("FS_ORIGIN", "https://Garden.example"),
        ("FS_ORIGIN", "ftp://garden.example"),
        ("FS_ORIGIN", "https://someone@garden.example"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(name, value):
    assert refusal(**{name: value})


@pytest.mark.parametrize(
    "names",
    [
        {"FS_ORIGIN": "http://garden.example"},
        {"FS_ORIGIN": "https://garden.example:8443"},
        {"FS_DOMAIN": "garden.example:8443", "FS_ORIGIN": "https://garden.example"},
        {"FS_DOMAIN": "garden.localhost:8000"},
    ],
)
def test_http_and_ports_are_for_test_networks_only(names):
    assert "test networks only" in refusal(**names)
    assert loaded(**(names | TEST_NETWORK)).is_test_network


@pytest.mark.parametrize("half", ["FS_TLS_CERT", "FS_TLS_KEY"])
def test_a_certificate_and_its_key_go_together(half):
    assert "go together" in refusal(**{half: "/etc/tls/it.pem"})
    both = loaded(FS_TLS_CERT=__file__, FS_TLS_KEY=__file__)
    assert (both.tls_cert, both.tls_key) == (__file__, __file__)


def test_a_file_that_is_named_must_be_there():
    assert "there is no such file" in refusal(FS_SETTINGS="/nowhere/settings.toml")
    assert "/nowhere/it.key" in refusal(FS_TLS_CERT=__file__, FS_TLS_KEY="/nowhere/it.key")


@pytest.mark.parametrize("address", ["0.0.0.0:80", "[::1]:8000", "localhost:8000", "unix:/run/garden/socket"])
def test_where_to_listen_takes_the_usual_forms(address):
    assert loaded(FS_BIND=address).bind == address


def test_the_environment_wins_over_the_file(tmp_path):
    file = written(tmp_path, 'domain = "file.example"\nregistration = "closed"\n')
    found = load({"FS_DOMAIN": "environment.example"}, file)
    assert (found.domain, found.registration) == ("environment.example", "closed")
    assert found.origin == "https://environment.example"


def test_fs_settings_names_the_file(tmp_path):
    written(tmp_path, 'domain = "file.example"\n')
    assert load({"FS_SETTINGS": str(tmp_path / "settings.toml")}).domain == "file.example"


def test_other_variables_are_none_of_our_business():
    assert loaded(HOME="/root", FSX="1", DATABASE_URL="postgresql://db/x").database_url == "postgresql://db/x"


def test_an_empty_database_url_means_the_embedded_server():
    assert loaded(DATABASE_URL="").database_url == ""


@pytest.mark.parametrize(("word", "meaning"), [("on", True), ("OFF", False), (" true ", True), ("0", False)])
def test_switches_take_the_usual_words(word, meaning):
    assert loaded(FS_OUTBOUND_ALLOW_HTTP=word).outbound_allow_http is meaning
    assert loaded(FS_MIGRATE=word).migrate is meaning


def test_switches_and_numbers_in_the_file_have_their_own_types(tmp_path):
    file = written(tmp_path, "migrate = false\ndatabase_pool = 4\n")
    assert (loaded(file).migrate, loaded(file).database_pool) == (False, 4)
    assert loaded(FS_DATABASE_POOL="3").database_pool == 3


def test_what_is_not_set_has_the_default_of_the_documentation():
    found = loaded()
    assert (found.origin, found.bind, found.registration) == (
        "https://garden.example",
        "127.0.0.1:8000",
        "approval",
    )
    assert (found.is_secure, found.is_test_network, found.private_networks) == (True, False, ())
    assert found.proxies == ("127.0.0.1",)


def test_the_secret_key_lies_in_the_data_folder_unless_named():
    assert loaded(FS_DATA_DIR="/srv/garden").secret_key_path == Path("/srv/garden/secret.key")
    assert loaded(FS_SECRET_KEY_FILE="/run/key").secret_key_path == Path("/run/key")
    assert loaded(FS_DATA_DIR="~/garden").data_path == Path.home() / "garden"


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(AttributeError):
        loaded().domain = "other.example"


@given(st.sampled_from(Settings.__struct_fields__), st.text(max_size=40))
def test_no_value_makes_anything_but_settings_or_a_sentence(name, value):
    environment = {"FS_DOMAIN": "garden.example", f"FS_{name.upper()}": value}
    with contextlib.suppress(Misconfigured):
        assert isinstance(load(environment, NOWHERE), Settings)
