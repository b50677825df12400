"""Comments that people write into the file of a model, with the node that each of them is about."""

from __future__ import annotations

from typing import NamedTuple


class Comments(NamedTuple):
    """The comments of one node of a model, as lines of text without their marks.

    `before` are the lines above the node. `after` is the one line beside it; at a model, the lines at the end of its
    file. No translation looks at them, no configuration depends on them, and they are no part of equality, like places.

    >>> Comments((" why",), (" how",)).joined(Comments((" more",)))
    Comments(before=(' why', ' more'), after=(' how',))
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def joined(self, other: Comments) -> Comments:
        """Return these comments, followed by others of the same node."""
        return Comments(self.before + other.before, self.after + other.after)

    def of_node(self) -> Comments:
        """Return the comments with at most one line beside the node, and the others above it."""
        return self if len(self.after) < 2 else Comments(self.before + self.after[:-1], self.after[-1:])


NO_COMMENTS = Comments()
"""The comments of most nodes."""
