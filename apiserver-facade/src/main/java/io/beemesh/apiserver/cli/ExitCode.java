package io.beemesh.apiserver.cli;

/** Exit codes that the launcher passes on; {@code ./beemesh --help} lists them. */
enum ExitCode {
    USAGE(2), NO_NODE(3), PORT_TAKEN(14), BAD_NODE_NAME(16), OTHER_NODE(17), DAMAGED(
            19), OTHER_MESH(23), NOT_ADMITTED(24), NOT_DRAINED(25), NOT_COMPLETE(
                    26), REFUSED(28);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
