/** Of an object's body, as of its secrets: a message of the flow's size, and far more than any object has. */
export const BODY_LENGTH_MAX = 4 * 1024 * 1024;

export const OBJECT_ID_LENGTH_MAX = 200;

export const SERVER_NAME_LENGTH_MAX = 200;
