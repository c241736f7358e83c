"""What the tool that asks at random is told before each request."""

import urllib.parse

import schemathesis


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """An id made up as a list or object is sent as one segment: the tool quotes text alone, so that a `?` in a list ended the
    path, and another route was asked."""
    return {
        name: value if isinstance(value, str) else urllib.parse.quote(str(value), safe="")
        for name, value in (path_parameters or {}).items()
    }
