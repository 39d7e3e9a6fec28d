"""`python -m tests.support.mutate run`: mutmut, with operators that take a guard out.

Its own swap operators, constants and arguments. Added here: a call whose result nobody takes is left out, a `return`
returns nothing, an `if` is turned over. Left out: its changes of texts, because no test should hold the wording of a
message. `docs/mutation.md` tells how to read what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import pytest
from mutmut.__main__ import cli
from mutmut.mutation.mutators import mutation_operators, operator_string


def leave_out(node: cst.Expr) -> Iterator[cst.Pass]:
    call = node.value.expression if isinstance(node.value, cst.Await) else node.value
    if isinstance(call, cst.Call):
        yield cst.Pass()


def return_nothing(node: cst.Return) -> Iterator[cst.Return]:
    if node.value is not None and not (isinstance(node.value, cst.Name) and node.value.value == "None"):
        yield node.with_changes(value=cst.Name("None"))


def turn_over(node: cst.If) -> Iterator[cst.If]:
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def adapt() -> None:
    """Puts our operators among mutmut's, and gives pytest's items the name that mutmut 3.7 reads."""
    kept = [(kind, operator) for kind, operator in mutation_operators if operator is not operator_string]
    kept += [(cst.Expr, leave_out), (cst.Return, return_nothing), (cst.If, turn_over)]
    mutation_operators[:] = kept
    pytest.Item._nodeid = property(lambda item: item.nodeid)  # type: ignore[attr-defined]  # pytest 9.2 has no more


if __name__ == "__main__":
    adapt()
    cli()
