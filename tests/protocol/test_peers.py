import pytest

from fediverse_support.protocol import peers


@pytest.mark.parametrize("software", ["lemmy", "PieFed", "mbin", "kbin", "nodebb", "discourse", "friendica"])
def test_servers_that_know_groups_are_told_activities(software):
    assert peers.dialect_of(software) == "activity"


@pytest.mark.parametrize("software", ["mastodon", "gotosocial", "misskey", "akkoma", "who-knows", "", None])
def test_everybody_else_is_told_objects(software):
    assert peers.dialect_of(software) == "object"


NOT_THESE = """
mastodon Mastodon glitch gotosocial misskey sharkey pleroma akkoma pixelfed mbin kbin piefed nodebb discourse
friendica wordpress smithereen mobilizon
"""


@pytest.mark.parametrize("software", NOT_THESE.split())
def test_software_without_groups_that_close_keeps_nothing_private(software):
    assert peers.keeps_private(software, "9.9") == "no"


@pytest.mark.parametrize("version", ["0.19.5", "v0.19", "0", "00.1", " 0.18", "0-nightly"])
def test_lemmy_before_1_0_keeps_nothing_private(version):
    assert peers.keeps_private("lemmy", version) == "no"


@pytest.mark.parametrize("version", ["1.0.0", "1.0.0-beta.2", "v2.1", "10.0"])
def test_lemmy_from_1_0_on_keeps_private(version):
    assert peers.keeps_private("Lemmy", version) == "yes"


@pytest.mark.parametrize("version", [None, "", "unknown version", "nightly"])
def test_lemmy_that_does_not_say_its_version_is_not_believed(version):
    assert peers.keeps_private("lemmy", version) == "unknown"


@pytest.mark.parametrize("software", [None, "", "who-knows", "lemmy2", "fediverse-support-fork"])
def test_nobody_knows_what_other_software_does(software):
    assert peers.keeps_private(software, "1.0") == "unknown"


def test_our_own_kind_keeps_private():
    assert peers.keeps_private("fediverse-support", "0.2.0") == "yes"


def test_all_who_take_activities_are_judged():
    judged = {name for name in peers.ACTIVITY_SOFTWARE if peers.keeps_private(name, "1.0") != "unknown"}
    assert judged == peers.ACTIVITY_SOFTWARE


def test_names_fit_into_the_list_that_the_database_is_given():
    assert all(name == name.lower() and " " not in name for name in peers.SHOWS_TO_OTHERS)
