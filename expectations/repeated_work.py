"""What Great Expectations works out again at each of the many times it asks for it, worked out once a validation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from great_expectations.core.id_dict import IDDict
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration


@contextmanager
def done_once() -> Iterator[None]:
    """Keeps what is asked for most: an expectation's configuration and back, and the id of a metric's arguments.

    Each is a function of an object's own fields, and is kept for as long as these are the same.
    """
    configuration, expectation, to_id = Expectation.configuration, ExpectationConfiguration.to_domain_obj, IDDict.to_id
    Expectation.configuration = property(_kept(configuration.fget))  # type: ignore[method-assign,assignment]
    ExpectationConfiguration.to_domain_obj = _kept(expectation)  # type: ignore[method-assign]
    IDDict.to_id = _ids_kept(to_id)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Expectation.configuration = configuration  # type: ignore[method-assign]
        ExpectationConfiguration.to_domain_obj = expectation  # type: ignore[method-assign]
        IDDict.to_id = to_id  # type: ignore[method-assign]


def _kept(stock: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method without arguments whose result is kept with the object and the fields that it was made of."""
    kept: dict[int, tuple[Any, dict[str, Any], Any]] = {}

    def method(self: Any) -> Any:
        found = kept.get(id(self))
        if found is None or found[1] != self.__dict__:
            found = kept[id(self)] = (self, dict(self.__dict__), stock(self))
        return found[2]

    return method


def _ids_kept(stock: Callable[..., Any]) -> Callable[..., Any]:
    """`IDDict.to_id`, which writes JSON and hashes it; what holds lists or dicts is left to it."""
    kept: dict[tuple, Any] = {}

    def to_id(self: IDDict, id_keys: Any = None, id_ignore_keys: Any = None) -> Any:
        if id_keys is not None or id_ignore_keys is not None:
            return stock(self, id_keys, id_ignore_keys)
        # With its type: 1, 1.0 and true are equal, and are not written alike.
        content = (type(self), *((name, type(value), value) for name, value in self.items()))
        try:
            if content not in kept:
                kept[content] = stock(self)
        except TypeError:
            return stock(self)
        return kept[content]

    return to_id
