"""What people do with cases: one function, one transaction and one audit entry each."""
