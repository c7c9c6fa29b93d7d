"""Answers product questions from the products' attributes: `answers.ProductAnswers`.

words, quantities, phrases: what questions are made of. reading: a question taken apart. catalogue:
products, facts and the words for them. understanding: what is asked. choosing: who is as wanted.
naming: which product a question is about, answered or not. No HTTP, no SQL, no vectors.
"""
