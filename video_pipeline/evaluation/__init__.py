"""How well passages are found, judged on meetings whose questions and answers are known."""
