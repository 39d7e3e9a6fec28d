"""Bytes to verdict, whoever feeds it in and whoever takes the outputs; knows no Kafka and no Faust."""
