"""Mails as bytes and text: addresses, what a mail says, what SES says about it, how one is written."""
