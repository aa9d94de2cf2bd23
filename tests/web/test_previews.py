"""Previews: texts, tables and heights, as values."""

import pytest

from org_files.web.previews import (
    MAX_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    source,
    table_of,
    text_of,
)


@pytest.mark.parametrize(
    ("beginning", "is_cut", "text"),
    [
        ("отчёт".encode(), False, "отчёт"),
        ("отчёт".encode()[:-1], True, "отчё"),
        ("отчёт".encode()[:-1], False, None),
        (b"\xef\xbb\xbfa", False, "a"),
        ("отчёт".encode("utf-16"), False, "отчёт"),
        ("отчёт".encode("utf-16")[:-1], True, "отчё"),
        ("отчёт".encode("utf-32"), False, None),
        ("отчёт".encode("cp1251"), False, None),
        (b"a\0b", False, None),
        (b"", False, ""),
    ],
)
def test_text_is_read_only_where_its_encoding_is_known(beginning, is_cut, text):
    assert text_of(beginning, is_cut=is_cut) == text


@pytest.mark.parametrize(
    ("text", "separators", "head", "rows"),
    [
        ("a,b\r\n1,2\r\n", ",;\t|", ["a", "b"], [["1", "2"]]),
        ('a;"b, c"\n1;"say ""x""\nand y"', ",;\t|", ["a", "b, c"], [["1", 'say "x"\nand y']]),
        ("a,b\tc\n1\t2", "\t", ["a,b", "c"], [["1", "2"]]),
        # Rows of other lengths, and empty lines.
        ("a,b,c\n\n1\n1,2,3", ",", ["a", "b", "c"], [["1", "", ""], ["1", "2", "3"]]),
        ("one column", ",", ["one column"], []),
    ],
)
def test_table_has_a_head_and_rows_of_one_length(text, separators, head, rows):
    table = table_of(text, separators, is_cut=False)

    assert (table.head, table.rows, table.is_cut) == (head, rows, False)


def test_table_is_bounded_in_rows_columns_and_characters():
    long_row = ",".join("x" * (MAX_CHARACTERS + 1) for _ in range(MAX_COLUMNS + 1))
    table = table_of("\n".join([long_row] * (MAX_ROWS + 2)), ",", is_cut=False)

    assert (len(table.rows), len(table.head)) == (MAX_ROWS, MAX_COLUMNS)
    assert {len(cell) for row in table.rows for cell in row} == {MAX_CHARACTERS + 1}
    assert table.head[0].endswith("…")
    assert table.is_cut
    whole = table_of("\n".join(["a,b"] * (MAX_ROWS + 1)), ",", is_cut=False)
    assert (len(whole.rows), whole.is_cut) == (MAX_ROWS, False)


def test_last_row_of_a_table_that_is_cut_is_left_out():
    assert table_of("a,b\n1,2\n3", ",", is_cut=True).rows == [["1", "2"]]
    assert table_of('a,b\n1,"2\n3', ",", is_cut=True).rows == []
    assert table_of("", ",", is_cut=False) is None


@pytest.mark.parametrize(
    ("heights", "wanted", "height", "densities"),
    [
        ([200, 400], 480, 400, [(400, "1x")]),
        ([200, 400], 240, 200, [(200, "1x"), (400, "2x")]),
        ([800, 1000], 240, 800, [(800, "1x"), (1000, "1.25x")]),
        ([100], 240, 100, [(100, "1x")]),
    ],
)
def test_heights_are_offered_with_their_densities(heights, wanted, height, densities):
    found = source(heights, wanted)

    assert (found.height, found.densities) == (height, densities)
