"""The whole decision of a policy, facts through model to price, held to its promises."""
