/**
 * An error code of CANN (runtime, HCCL, HCCP) or of the Ascend Computing Language, with where its meaning is
 * documented.
 */
export interface KnownError {
  readonly code: string;
  readonly meaning: string;
  readonly cause: string;
  readonly remedy: string;
  /** Public page that the entry was written from. */
  readonly source: string;
  /** True if the code mostly appears on ranks that wait for another one that failed. */
  readonly isConsequence: boolean;
}

const hiascend = "https://www.hiascend.com/document/detail";
const errorPages = `${hiascend}/zh/canncommercial/850/maintenref/troubleshooting`;
const hcclPages = `${hiascend}/zh/canncommercial/850/commlib/hcclug`;
const returnCodes = `${hiascend}/en/CANNCommunityEdition/910/API/runtimeapi/aclcppdevg_03_6666.html`;
const runtimeHeader = "https://docs.rs/cann-sys/0.1.3/cann_sys/acl_error_code/";

type Entry = readonly [
  code: string,
  meaning: string,
  cause: string,
  remedy: string,
  source: string,
  consequence?: true,
];

const entries: readonly Entry[] = [
  [
    "EI0002",
    "A collective operation waited for another rank until HCCL_EXEC_TIMEOUT (1800 s by default).",
    "Another rank failed or hangs, is much slower, has a different number of samples, or the network loses packets.",
    "Look for a rank with an earlier error of another kind; if there is none, compare the ranks' speed and links.",
    `${hiascend}/zh/canncommercial/latest/maintenref/troubleshooting/atlaserrorcode_15_0242.html`,
    true,
  ],
  [
    "EI0006",
    "Building the connections between ranks timed out (HCCL_CONNECT_TIMEOUT, 120 s by default).",
    "A peer did not start, ended, or came late; or the devices' network or TLS settings do not match.",
    "Look at the ranks without an error first; then `hccn_tool -i N -link -g`, `-tls -g`, and HCCL_CONNECT_TIMEOUT.",
    `${hiascend}/zh/CANNCommunityEdition/850alpha002/hccl/hcclug/hcclug_000050.html`,
    true,
  ],
  [
    "EI0013",
    "A device's network card gave up resending a packet (RoCE error completion).",
    "The network between two devices is disturbed, or the peer's process ended before.",
    "Check whether the peer ended first; if not, check the link between the two devices that the message names.",
    `${hcclPages}/hcclug_000061.html`,
    true,
  ],
  [
    "EI0015",
    "Some ranks did not connect to the server that gathers the cluster's topology.",
    "These ranks ended, came late, or their host network does not reach the server.",
    "The message lists the ranks that are connected; look at the logs of those that are missing.",
    `${hcclPages}/hcclug_000036.html`,
    true,
  ],
  [
    "EJ0001",
    "The communication process (HCCP) of a device did not start.",
    "A process of an earlier training still uses the device.",
    "End it (`npu-smi info` shows it), wait 10 s, and launch again.",
    `${errorPages}/atlaserrorcode_15_0252.html`,
  ],
  [
    "EE1002",
    "Waiting for a stream of the device timed out.",
    "The time limit is too short, or the network between the devices is disturbed.",
    "Check the limit that the program sets, and the network.",
    `${errorPages}/atlaserrorcode_15_0181.html`,
  ],
  [
    "EZ9999",
    "Inner error: the device reports that a kernel failed. The lines below name the core and the reason.",
    "An error of an operator or of the hardware, such as an illegal instruction or address.",
    "Read the lines below it (`errorStr`), and the device's logs; keep them for the vendor's support.",
    "https://github.com/ggml-org/llama.cpp/issues/10108",
  ],
  [
    "EH9999",
    "Inner error of the runtime interface: a call failed. The line names the call and its return code.",
    "The return code names it, such as 507018 for a failed AI CPU kernel.",
    'Explain the return code: explainError("507018").',
    "https://github.com/vllm-project/vllm-ascend/issues/2105",
  ],
  [
    "107002",
    "There is no current context of a device (ACL_ERROR_RT_CONTEXT_NULL).",
    "The device was never set in this thread, or was released before.",
    "Look for an earlier error that released the device.",
    runtimeHeader,
  ],
  [
    "107022",
    "A task of the device was aborted (ACL_ERROR_RT_DEVICE_TASK_ABORT).",
    "Another error stopped the device before.",
    "Look for the first error of this rank.",
    runtimeHeader,
    true,
  ],
  [
    "207001",
    "The device has too little memory (ACL_ERROR_RT_MEMORY_ALLOCATION).",
    "Model, activations, and communication buffers need more than max_device_memory leaves.",
    "Use more recomputation, more model parallelism, or a smaller micro-batch; see plan.memory.",
    runtimeHeader,
  ],
  [
    "507014",
    "A kernel on an AI core exceeded its time (ACL_ERROR_RT_AICORE_TIMEOUT).",
    "An operator hangs, or the device is faulty.",
    "See which operator the log names; if it changes from failure to failure, check the device.",
    runtimeHeader,
  ],
  [
    "507015",
    "A kernel on an AI core failed (ACL_ERROR_RT_AICORE_EXCEPTION).",
    "An operator with inputs that it can't take, or a faulty device.",
    "See which operator the log names; return codes 5XXXXX are for the vendor's support.",
    returnCodes,
  ],
  [
    "507018",
    "A kernel on an AI CPU failed (ACL_ERROR_RT_AICPU_EXCEPTION).",
    "Several causes end in this code; the device's log names the kernel.",
    "Look for the first error on that device; return codes 5XXXXX are for the vendor's support.",
    runtimeHeader,
  ],
  [
    "507053",
    "The device found a memory error that it can't correct (ACL_ERROR_RT_DEVICE_MEM_ERROR, UCE).",
    "A fault of the device's memory.",
    "Start again without this device; report it if it comes back.",
    returnCodes,
  ],
  [
    "507054",
    "The HBM of the device has a multi-bit ECC error (ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR).",
    "A fault of the device's memory.",
    "Take the device out of the cluster and report it: npu-smi info -t ecc -i N",
    returnCodes,
  ],
  [
    "507057",
    "A device suspects an error on the remote side (ACL_ERROR_RT_SUSPECT_REMOTE_ERROR).",
    "Another device or its link failed.",
    "Look at the other ranks' logs first.",
    returnCodes,
    true,
  ],
];

export const knownErrors: readonly KnownError[] = entries.map(
  ([code, meaning, cause, remedy, source, consequence = false]) => ({
    ...{ code, meaning, cause, remedy, source },
    isConsequence: consequence,
  }),
);

/**
 * Codes in a text, in the order of their appearance: `EI0006`, and six-digit return codes that stand for themselves.
 */
export function codesIn(text: string): string[] {
  const found = text.matchAll(
    /\b(E[A-Z][0-9]{4}|E[0-9]{5})\b|\b(?:error code|ret|result|code)\D{0,12}\b([1-5]07\d{3})\b/gi,
  );
  return [...new Set([...found].map((match) => (match[1] ?? match[2]) as string))];
}
