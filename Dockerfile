# The program in a container: docker run --rm --network none -v "$PWD:/studio" smpcompliance audit /studio
FROM python:3.13-slim AS build
COPY . /source
RUN python -m venv /opt/smpcompliance && /opt/smpcompliance/bin/pip install --no-cache-dir /source

FROM python:3.13-slim
COPY --from=build /opt/smpcompliance /opt/smpcompliance
ENV PATH="/opt/smpcompliance/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
RUN useradd --create-home --uid 10001 studio
USER 10001
WORKDIR /studio
ENTRYPOINT ["smpcompliance"]
CMD ["--help"]
