"""What the law asks: rules as data, cut by date, read with every mistake at its line."""
