# The service alone: no torch, no build tools, no root.
#
#   docker build --tag tidegate .
#   docker build --tag tidegate:gpu --build-arg GPU=1 .      adds the CUDA libraries
#   docker build --tag tidegate:pictures --build-arg IMAGES=1 .    adds what looks at pictures, and a client for S3

FROM python:3.11-slim AS build
ARG GPU=""
ARG IMAGES=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/tidegate
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schemas ./schemas
COPY models ./models
COPY streams ./streams
COPY load ./load
RUN /opt/tidegate/bin/pip install --constraint constraints.txt ".[serve,traces${IMAGES:+,images}]" \
        ${GPU:+"onnxruntime-gpu[cuda,cudnn]"}
# Outside of the constraints: botocore wants an older python-dateutil than what draws plots, and nothing here needs one.
RUN [ -z "$IMAGES" ] || /opt/tidegate/bin/pip install s3fs==2026.9.0

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tidegate \
    && install --directory --owner tidegate --group tidegate /var/lib/tidegate
COPY --from=build /opt/tidegate /opt/tidegate
ENV PATH=/opt/tidegate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TIDEGATE_DATA_DIR=/var/lib/tidegate \
    TIDEGATE_LOG_FORMAT=json \
    TIDEGATE_READY_FILE=/tmp/ready
# Where pip puts the CUDA libraries; nothing is there in the image without them.
ENV LD_LIBRARY_PATH=/opt/tidegate/lib/python3.11/site-packages/nvidia/cu13/lib:/opt/tidegate/lib/python3.11/site-packages/nvidia/cudnn/lib
USER 10001
WORKDIR /var/lib/tidegate
VOLUME /var/lib/tidegate
# The worker writes the file when it has partitions. One in which nothing moves ends by itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["test", "-f", "/tmp/ready"]
ENTRYPOINT ["tidegate"]
CMD ["worker"]
