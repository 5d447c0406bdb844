#!/usr/bin/env bash
# Regenerates the Python stubs beside the .proto files (or into OUT, for the drift test).
# The pinned, old grpcio-tools makes stubs that load on every protobuf >= 5.29 and grpcio >= 1.71; newer tools would
# demand newer runtimes from studio machines. It lives in an environment of its own because it conflicts with ours.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/protos}
tools=${KINOFORM_PROTO_VENV:-$root/.venv-proto}
if [ ! -x "$tools/bin/protoc-gen-mypy_grpc" ]; then
  # With pip at hand, the environment needs none of its own, which would take longer than the rest.
  if python3 -m pip --version > /dev/null 2>&1; then
    python3 -m venv --without-pip "$tools"
    pip=(python3 -m pip --python "$tools/bin/python")
  else
    python3 -m venv "$tools"
    pip=("$tools/bin/python" -m pip)
  fi
  "${pip[@]}" install --quiet --disable-pip-version-check --no-compile \
    'grpcio-tools==1.71.2' 'mypy-protobuf==3.6.0' 'setuptools<81' googleapis-common-protos
fi
python=$tools/bin/python
google=$("$python" -c 'import google.rpc, pathlib; print(pathlib.Path(list(google.rpc.__path__)[0]).parents[1])')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(
  cd "$root/protos"
  PATH="$tools/bin:$PATH" "$python" -m grpc_tools.protoc -I . -I ../third_party -I "$google" \
    --python_out="$scratch" --mypy_out="quiet:$scratch" --grpc_python_out="$scratch" --mypy_grpc_out="quiet:$scratch" \
    $(find kinoform_proto -name '*.proto' | sort) ../third_party/buf/validate/validate.proto
)
# validate_pb2 is kept inside our package: a top-level `buf` package of ours could shadow somebody else's.
mkdir -p "$scratch/kinoform_proto/buf"
mv "$scratch/buf/validate" "$scratch/kinoform_proto/buf/validate"
rm -rf "$scratch/buf" "$scratch"/kinoform_proto/buf/validate/*_grpc.py*
find "$scratch" -name '*.py*' -exec sed -i -E \
  -e 's/^from buf\.validate import/from kinoform_proto.buf.validate import/' \
  -e 's/^import buf\.validate\.validate_pb2/import kinoform_proto.buf.validate.validate_pb2/' \
  -e 's/\bbuf\.validate\.validate_pb2\./kinoform_proto.buf.validate.validate_pb2./g' {} +
# Areas without a service get no grpc stubs.
for grpc in $(find "$scratch" -name '*_pb2_grpc.py'); do
  grep -q 'class .*Servicer' "$grpc" || rm -f "$grpc" "${grpc}i"
done
for folder in $(find "$scratch/kinoform_proto" -type d); do touch "$folder/__init__.py"; done
cp -r "$scratch/kinoform_proto" "$out/"
