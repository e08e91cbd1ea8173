"""Every error that this program raises on purpose, as one tree.

    Trouble
    ├── Refused            their fault: bad input, no right to do it          4xx
    │   ├── Malformed        the document or form cannot be read              400
    │   ├── Unauthenticated  no valid signature, or nobody is signed in       401
    │   ├── Forbidden        known, but not allowed                           403
    │   ├── Denied           an application, in the words of OAuth            400
    │   ├── TooSlow          did not arrive in time                           408
    │   ├── TooLarge         larger than a limit                              413
    │   ├── WrongType        a content type that we do not take               415
    │   └── TooMany          a rate or a bound is used up                     429
    ├── Missing            there is no such thing, or not for this viewer     404
    │   └── Gone             it was here and was deleted                      410
    ├── Conflict           the thing has changed or exists already            409
    ├── RemoteTrouble      another server failed; try later                   502
    │   └── RemoteRefused    another server answered, and its answer is no    502
    ├── Unavailable        we cannot keep what we were sent just now          503
    └── Misconfigured      settings, files or the machine; tells what to do

The first argument is a *safe* sentence: it may be shown to the person or server that caused the
error, so it never holds private content. `status` is the HTTP status that fits.
"""


class Trouble(Exception):
    """Something went wrong that this program foresaw."""

    status = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())

    @property
    def message(self) -> str:
        """The safe sentence."""
        return str(self.args[0])


class Refused(Trouble):
    """This was refused."""

    status = 400


class Malformed(Refused):
    """This could not be read."""


class Unauthenticated(Refused):
    """A valid signature or sign-in is needed."""

    status = 401


class Forbidden(Refused):
    """This is not allowed."""

    status = 403


class Denied(Refused):
    """The application was refused.

    `code` is the word that OAuth has for it (RFC 6749, 4.1.2.1 and 5.2), which programs read.
    """

    def __init__(self, code: str, message: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class TooSlow(Refused):
    """This did not arrive in time."""

    status = 408


class TooLarge(Refused):
    """This is larger than we take."""

    status = 413


class WrongType(Refused):
    """This content type is not taken here."""

    status = 415


class TooMany(Refused):
    """Too many requests; try again later."""

    status = 429

    def __init__(self, message: str | None = None, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Missing(Trouble):
    """There is nothing here."""

    status = 404


class Gone(Missing):
    """This was deleted."""

    status = 410


class Conflict(Trouble):
    """This has changed in the meantime, or exists already."""

    status = 409


class RemoteTrouble(Trouble):
    """Another server could not be reached or did not answer properly."""

    status = 502

    def __init__(
        self, message: str | None = None, *, retry_after: float | None = None, http_status: int | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.http_status = http_status


class RemoteRefused(RemoteTrouble):
    """Another server gave an answer that will not change by asking again."""


class Unavailable(Trouble):
    """We cannot keep this just now; try again in a moment."""

    status = 503

    def __init__(self, message: str | None = None, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Misconfigured(Trouble):
    """The settings do not fit."""
