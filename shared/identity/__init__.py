"""Who is signed in and what they may do.

`people` holds the facts (persons, dated roles), `sessions` the one signed cookie of an agency, `guard` what a route
asks for (`SignedIn`) and the refusal of cross-site writes, `provider` and `sign_in` the OIDC code flow that one service
serves for all.
"""
