"""Files of notifications of different cases: previewed by row, put right, and filed once each."""
