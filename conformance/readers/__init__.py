"""The suite's own readers. They ask for what a check wants to know, and say plainly where something cannot be read."""

from conformance.verdicts import Failed


class Unreadable(Failed):
    """What came back is not even well-formed; that is the target's fault, at the place named."""

    def __init__(self, where: str, why: object) -> None:
        super().__init__(where, "well-formed content", why)
