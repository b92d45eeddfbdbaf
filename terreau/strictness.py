"""Requests that two servers in a row may read differently are refused: their rest would be taken for another request.

RFC 9112, 6.1 and 6.3: a server may refuse Transfer-Encoding beside Content-Length; 5.2: and folded headers.
"""

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError


class StrictParser(HTTPRequestParser):  # type: ignore[misc]
    """A refusal is a 400, after which waitress hangs up."""

    def parse_header(self, header_plus: bytes) -> None:
        _first, *lines = header_plus.split(b"\r\n")
        if any(line.startswith((b" ", b"\t")) for line in lines):
            raise ParsingError("A header is folded")
        fields = [line.partition(b":") for line in lines]
        lengths = [value for name, _, value in fields if name.strip().lower() == b"content-length"]
        codings = [value.strip().lower() for name, _, value in fields if name.strip().lower() == b"transfer-encoding"]
        if (codings and lengths) or len(lengths) > 1 or codings not in ([], [b"chunked"]):
            raise ParsingError("The length of the body is said in two ways")
        super().parse_header(header_plus)


class StrictChannel(HTTPChannel):  # type: ignore[misc]
    parser_class = StrictParser
