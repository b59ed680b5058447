"""Tables as people export them: delimited text, workbooks, Parquet; which row holds the heads, what is no record."""
