from s3tui.s3.client import Connection


def test_put_and_head(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"x")
    assert connection.call("head_object", Bucket=bucket, Key="a")["ContentLength"] == 1
