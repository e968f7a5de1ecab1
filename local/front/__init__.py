"""What stands before a deployed question function in place of API Gateway."""
