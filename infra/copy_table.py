"""Copies the items of one DynamoDB table into another of the same keys: what was restored, back to where it is used."""

import argparse
import sys

import boto3
from botocore.exceptions import ClientError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--prefix", default="", help="only items whose pk begins with this")
    parser.add_argument("--replace", action="store_true", help="overwrite what is there")
    arguments = parser.parse_args()
    client = boto3.client("dynamodb")
    condition = {} if arguments.replace else {"ConditionExpression": "attribute_not_exists(pk)"}
    copied = there = 0
    for page in client.get_paginator("scan").paginate(TableName=arguments.source):
        for item in page["Items"]:
            if not item["pk"]["S"].startswith(arguments.prefix):
                continue
            try:
                client.put_item(TableName=arguments.target, Item=item, **condition)
                copied += 1
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                there += 1
    print(f"{copied} copied, {there} were there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
