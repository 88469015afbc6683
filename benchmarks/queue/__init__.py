"""Does the review queue stay as quick at a million applications, and on its last page?"""
