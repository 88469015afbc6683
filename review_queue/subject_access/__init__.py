"""What a person may ask of the lender about their data: all of it, in words, and that it is forgotten when its time is over."""
