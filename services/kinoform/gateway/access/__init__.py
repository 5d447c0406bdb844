"""Who may do what: authentication, authorisation, rates, audit. Everything that is not allowed here is refused."""
