from tests.faults.conftest import (  # noqa: F401
    _no_variables_of_the_caller,
    bench,
    elsewhere,
    pace,
    served,
    service,
)
